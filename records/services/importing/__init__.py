"""Importing records from CSV files."""

from .creating import create_drafted, draft_object
from .reading import CsvTable, open_table
from .running import ImportOptions, ImportSummary, import_file

__all__ = ["CsvTable", "ImportOptions", "ImportSummary", "create_drafted", "draft_object", "import_file", "open_table"]
