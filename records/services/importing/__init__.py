"""Importing records from CSV files."""

from .creating import create_drafted, draft_object
from .matching import ImportMode, ImportPlan, suggest_fields
from .reading import CsvTable, open_table
from .running import ImportOptions, ImportSummary, import_file

__all__ = [
    "CsvTable",
    "ImportMode",
    "ImportOptions",
    "ImportPlan",
    "ImportSummary",
    "create_drafted",
    "draft_object",
    "import_file",
    "open_table",
    "suggest_fields",
]
