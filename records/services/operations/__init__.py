"""What the interfaces call on records, wherever an object's records are kept.

`RecordHome` is the protocol of those operations. `local_records` implements it on this database,
`external_records` (of `external`) on an upstream; `home_of` chooses. The other modules here are
made of a home's operations: a record's life by its address, the trash, all records that a search
finds, values of one field, exports.

Called by: the interfaces. It holds no SQL for values, and never asks for an object's kind otherwise
than by `home_of`.
"""

from .batch_writes import BatchItem, BatchMode, BatchRules, save_batch
from .field_values import list_field_values, related_pipeline_records
from .home import home_of
from .lifecycle import (
    cancel_record,
    patch_record,
    restore_record,
    trash_record,
    unarchive_record,
    upsert_record,
)
from .matched_upserts import matched_field, matched_upsert, values_by_slug
from .neighbours import check_neighbours
from .plans import Pairs, Plan, read_plan, sign_plan
from .purging import purge_record, purge_trash
from .rehearsals import Effects, RecordChange, rehearsed, watched
from .selection import find_uuids
from .sent_files import MODES as IMPORT_MODES
from .sent_files import AskedImport, SentImport, import_sent_file
from .transfers import export_list, export_records, import_as_tried

__all__ = [
    "IMPORT_MODES",
    "AskedImport",
    "BatchItem",
    "BatchMode",
    "BatchRules",
    "Effects",
    "Pairs",
    "Plan",
    "RecordChange",
    "SentImport",
    "cancel_record",
    "check_neighbours",
    "export_list",
    "export_records",
    "find_uuids",
    "home_of",
    "import_as_tried",
    "import_sent_file",
    "list_field_values",
    "matched_field",
    "matched_upsert",
    "patch_record",
    "purge_record",
    "purge_trash",
    "read_plan",
    "rehearsed",
    "related_pipeline_records",
    "restore_record",
    "save_batch",
    "sign_plan",
    "trash_record",
    "unarchive_record",
    "upsert_record",
    "values_by_slug",
    "watched",
]
