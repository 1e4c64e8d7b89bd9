"""Records and objects from files: guessing types, matching columns, writing rows in
chunks.

Called by: jobs, operations, commands and the interfaces. It never stores a value itself: rows
become save requests.
"""

from records.services.tables import CsvTable, find_delimiter, open_table

from .address_books import BOTH_NAMES
from .column_forms import check_said, said_form
from .creating import ObjectDraft, create_drafted, draft_object
from .header_names import check_clear
from .import_run import ImportOptions, ImportSummary, import_file
from .matching import (
    CellResolution,
    ImportMode,
    ImportPlan,
    by_header,
    check_mode,
    check_resolutions,
    column_of,
    id_column,
    match_columns,
    plan_key,
    suggest_fields,
)
from .record_columns import Beside
from .report import Keeper, keep_at
from .uploads import FOUND, Reading, copy_upload, get_upload, open_file, preview, store_upload
from .written_values import ColumnForm, DateForm, NumberForm

__all__ = [
    "BOTH_NAMES",
    "FOUND",
    "Beside",
    "CellResolution",
    "ColumnForm",
    "CsvTable",
    "DateForm",
    "ImportMode",
    "ImportOptions",
    "ImportPlan",
    "ImportSummary",
    "Keeper",
    "NumberForm",
    "ObjectDraft",
    "Reading",
    "by_header",
    "check_clear",
    "check_mode",
    "check_resolutions",
    "check_said",
    "column_of",
    "copy_upload",
    "create_drafted",
    "draft_object",
    "find_delimiter",
    "get_upload",
    "id_column",
    "import_file",
    "keep_at",
    "match_columns",
    "open_file",
    "open_table",
    "plan_key",
    "preview",
    "said_form",
    "store_upload",
    "suggest_fields",
]
