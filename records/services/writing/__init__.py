"""The one write path: whatever changes a record's values, links, state or owner goes through here.

A `SaveRequest` is parsed (`parsed_requests`), its records are locked (`locked_records`), the
changes are worked out (`value_writes`, `links`, `state_changes`), and one `UnitOfWork` stores them
with their ledger rows. `save` has the entry points, `attempts` the repetition after conflicts.

Called by: operations, jobs, importing, files, people, shaping. It never answers a caller with what
that caller may not see, and never changes a record without a ledger row.
"""

from .attributes import check_external_field
from .batch import Refused
from .erasure import find_linking, linking_fields
from .idempotency import Answer, run_once
from .integer_ids import KEYED, NOBODY, entries_of, uuids_of, with_uuids
from .option_rows import (
    MAX_OPTIONS,
    add_option,
    check_option_name,
    check_stage_status,
    draft_options,
)
from .references import Spellings, find_spellings
from .save import (
    archive_record,
    save_all_records,
    save_record,
    save_records,
    unarchive_record,
    upsert_request,
)
from .save_requests import NO_ATTRIBUTES, Attributes, Mode, Outcome, SaveRequest, SaveResult
from .system_writes import recompute_told, remove_field, rewrite_values
from .unit_of_work import is_other
from .values import REFERENCES, UNSET, Change, FieldEntry, Parsed, parse_entries

__all__ = [
    "KEYED",
    "MAX_OPTIONS",
    "NOBODY",
    "NO_ATTRIBUTES",
    "REFERENCES",
    "UNSET",
    "Answer",
    "Attributes",
    "Change",
    "FieldEntry",
    "Mode",
    "Outcome",
    "Parsed",
    "Refused",
    "SaveRequest",
    "SaveResult",
    "Spellings",
    "add_option",
    "archive_record",
    "check_external_field",
    "check_option_name",
    "check_stage_status",
    "draft_options",
    "entries_of",
    "find_linking",
    "find_spellings",
    "is_other",
    "linking_fields",
    "parse_entries",
    "recompute_told",
    "remove_field",
    "rewrite_values",
    "run_once",
    "save_all_records",
    "save_record",
    "save_records",
    "unarchive_record",
    "upsert_request",
    "uuids_of",
    "with_uuids",
]
