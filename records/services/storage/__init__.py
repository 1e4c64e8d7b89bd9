"""Rows in tables: records, the index of their values, the ledger, links, display names, files'
bytes.

`batches.store` writes a batch of changes in one statement per table. `rows` says what a record's
row holds, `integrity` proves that the index and the names still follow from the records.

Called by: reading, retention, search, writing and above. It never asks who is calling: that is
decided above.
"""

from .batches import store
from .display_names import (
    derived_names,
    holding,
    load_display_names,
    pattern_keys,
    refresh_display_names,
    rename_records,
)
from .given_files import FREE_FILES, MAX_FILES, MAX_NAME, free_name, give_files
from .integrity import check_records, reindex
from .ledger import value_changes
from .merges import find_merged
from .rows import (
    RECORD_WIDTH,
    Changes,
    Definition,
    ExternalKey,
    LedgerRow,
    OutdatedSchema,
    RecordRow,
    Stamp,
    load_records,
    lock_definition,
    lock_records,
    lock_with_definition,
    read_record,
    read_with_summary,
    record_columns,
    unique_keys,
)
from .sort_keys import rewrite_texts
from .spooled_files import SpooledFile
from .statistics import refresh_after, refresh_outdated_statistics, refresh_statistics
from .stored_files import (
    discard_file,
    find_orphans,
    hold_files,
    listed,
    open_stored,
    remove_file,
    store_file,
)
from .summary import load_summary, summary_columns
from .unique_lookups import PROBED_FROM, UNIQUE, find_external, find_identifiers, probe
from .unique_values import keep_unique, stop_keeping_unique

__all__ = [
    "FREE_FILES",
    "MAX_FILES",
    "MAX_NAME",
    "PROBED_FROM",
    "RECORD_WIDTH",
    "UNIQUE",
    "Changes",
    "Definition",
    "ExternalKey",
    "LedgerRow",
    "OutdatedSchema",
    "RecordRow",
    "SpooledFile",
    "Stamp",
    "check_records",
    "derived_names",
    "discard_file",
    "find_external",
    "find_identifiers",
    "find_merged",
    "find_orphans",
    "free_name",
    "give_files",
    "hold_files",
    "holding",
    "keep_unique",
    "listed",
    "load_display_names",
    "load_records",
    "load_summary",
    "lock_definition",
    "lock_records",
    "lock_with_definition",
    "open_stored",
    "pattern_keys",
    "probe",
    "read_record",
    "read_with_summary",
    "record_columns",
    "refresh_after",
    "refresh_display_names",
    "refresh_outdated_statistics",
    "refresh_statistics",
    "reindex",
    "remove_file",
    "rename_records",
    "rewrite_texts",
    "stop_keeping_unique",
    "store",
    "store_file",
    "summary_columns",
    "unique_keys",
    "value_changes",
]
