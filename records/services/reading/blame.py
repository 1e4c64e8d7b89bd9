"""Since when each field of a record has its value, by whom, through what and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from records.field_types import FieldSpec
from records.services.access import Author
from records.services.catalogue import ObjectSchema, check_kept_here
from records.services.database import document, fetch

from .field_selection import select_fields
from .history import (
    WRITE_COLUMNS,
    HistoryEntry,
    WriteRow,
    find_with_history,
    history_entries,
)
from .record_views import (
    RecordView,
    view_records,
)

CHUNK = 500  # writes that are read at a time


@dataclass(frozen=True, slots=True)
class FieldBlame:
    """A field's value as the caller reads it, and the write that set it."""

    field: FieldSpec
    value: Any
    entry: HistoryEntry


class Blame(NamedTuple):
    """A record as it is, and the fields that have a value, in the object's order."""

    view: RecordView
    fields: list[FieldBlame]


def get_blame(author: Author, schema: ObjectSchema, record_uuid: UUID | str) -> Blame:
    """Who set each value of a record that the caller may see, live or archived.

    It takes one query for every 500 writes, as far back as the oldest value. Links that are stored
    on the other side of a relationship are in the history of the records there.
    """
    check_kept_here(schema, "blame")
    row = find_with_history(author, schema, record_uuid)
    fields = [
        spec
        for spec in select_fields(author, schema, include_hidden=True)
        if str(spec.id) in row.values
    ]
    (view,) = view_records(author, schema, [row], fields)
    setters = _setters(author, row.id, {str(spec.id) for spec in fields})
    # Each write once, however many values it has set.
    rows = {write.version: write for write in setters.values()}
    entries = {
        entry.version: entry for entry in history_entries(author, schema, list(rows.values()))
    }
    blamed = [
        FieldBlame(spec, view.values.get(spec.id), entries[setters[str(spec.id)].version])
        for spec in fields
        if str(spec.id) in setters
    ]
    return Blame(view, blamed)


def _setters(author: Author, record_id: int, wanted: Collection[str]) -> dict[str, WriteRow]:
    """The newest write of each of these fields of a record."""
    missing, setters = set(wanted), dict[str, WriteRow]()
    for write in _newest_first(author, record_id):
        if not missing:
            break
        found = missing & document(write.changes).keys()
        setters.update(dict.fromkeys(found, write))
        missing -= found
    return setters


def _newest_first(author: Author, record_id: int) -> Iterator[WriteRow]:
    """The writes to a record, read in chunks."""
    before: int | None = None
    while True:
        condition, params = ("", []) if before is None else (" AND h.version < %s", [before])
        rows = fetch(
            f"SELECT {WRITE_COLUMNS} FROM records_historicalrecord h WHERE h.workspace_id = %s"
            f" AND h.id = %s{condition} ORDER BY h.version DESC LIMIT {CHUNK}",
            [author.workspace.id, record_id, *params],
        )
        yield from map(WriteRow._make, rows)
        if len(rows) < CHUNK:
            return
        before = WriteRow._make(rows[-1]).version
