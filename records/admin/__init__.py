"""The pages of the staff: `setup` of a workspace, and the `workbench` for its records."""

from . import setup

__all__ = ["setup"]
