"""Importing records from CSV files."""

from .creating import create_object_for
from .reading import CsvTable, open_table
from .running import ImportOptions, ImportSummary, import_file

__all__ = ["CsvTable", "ImportOptions", "ImportSummary", "create_object_for", "import_file", "open_table"]
