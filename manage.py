#!/usr/bin/env python
"""Runs the command line of Records from a checkout, without an installation."""

from records_project.cli import main

if __name__ == "__main__":
    main()
