"""One module per tool; a new file here is a new tool."""

import sys

from records.registry import import_modules

from .base import Tool, tools

import_modules(sys.modules[__name__])

__all__ = ["Tool", "tools"]
