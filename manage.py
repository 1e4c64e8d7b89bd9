#!/usr/bin/env python
"""The command line of Records: every administrative command starts here."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    if sys.argv[1:2] == ["demo"]:
        os.environ.setdefault("RECORDS_ENV", "demo")
    if sys.argv[1:2] in (["serve"], ["demo"]):
        os.environ.setdefault("STATEMENT_SECONDS", "5")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"Records cannot start: {problem}")
