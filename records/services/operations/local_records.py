"""The records kept in this database: each operation of `RecordHome` is a function of the floor that
carries it out."""

from __future__ import annotations

from records.services.files import (
    attach_file,
    begin_upload,
    delete_attachment,
    get_url,
    list_attachments,
)
from records.services.jobs import start_bulk_archive, start_bulk_change, start_import
from records.services.reading import (
    find_uuid,
    get_record,
    get_record_as_of,
    get_record_by_identifier,
    get_record_by_key,
    get_record_in_any_state,
    get_records,
    get_remaining,
    list_archived,
    list_history,
    list_trash,
)
from records.services.search import aggregate_records, search_records
from records.services.writing import (
    save_all_records,
    save_record,
    save_records,
    upsert_request,
)

__all__ = [
    "aggregate_records",
    "attach_file",
    "begin_upload",
    "delete_attachment",
    "find_uuid",
    "get_record",
    "get_record_as_of",
    "get_record_by_identifier",
    "get_record_by_key",
    "get_record_in_any_state",
    "get_records",
    "get_remaining",
    "get_url",
    "list_archived",
    "list_attachments",
    "list_history",
    "list_trash",
    "save_all_records",
    "save_record",
    "save_records",
    "search_records",
    "start_bulk_archive",
    "start_bulk_change",
    "start_import",
    "upsert_request",
]
