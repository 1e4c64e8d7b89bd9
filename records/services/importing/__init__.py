"""Importing records from CSV files."""

from .creating import ObjectDraft, create_drafted, draft_object
from .matching import ImportMode, ImportPlan, suggest_fields
from .reading import CsvTable, find_delimiter, open_table
from .report import keep_at
from .running import ImportOptions, ImportSummary, import_file

__all__ = [
    "CsvTable",
    "ImportMode",
    "ImportOptions",
    "ImportPlan",
    "ImportSummary",
    "ObjectDraft",
    "create_drafted",
    "draft_object",
    "find_delimiter",
    "import_file",
    "keep_at",
    "open_table",
    "suggest_fields",
]
