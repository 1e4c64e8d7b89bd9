"""The changes of one operation, record by record."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.database import fetch, uuid_param, uuid_text
from records.services.reading import WRITE_COLUMNS, HistoryEntry, WriteRow, history_entries

from .operation_rows import LEDGER, sight_of


@dataclass(frozen=True, slots=True)
class OperationChange:
    """One write of an operation, and the record that it was to."""

    schema: ObjectSchema
    record_uuid: str
    entry: HistoryEntry


def list_changes(
    author: Author, operation: UUID, *, offset: int, limit: int
) -> list[OperationChange]:
    """Some of an operation's writes to records in sight: object by object, oldest first."""
    sight = sight_of(author)
    seen, params = sight.condition("h")
    rows = fetch(
        f"SELECT h.object_id, h.uuid, {WRITE_COLUMNS} FROM {LEDGER} h WHERE h.workspace_id = %s"
        f" AND h.operation_id = %s AND {seen} ORDER BY h.object_id, h.history_id"
        " LIMIT %s OFFSET %s",
        [author.workspace.id, uuid_param(operation), *params, limit, offset],
    )
    by_object: dict[int, list[tuple[str, WriteRow]]] = {}
    for object_id, uuid, *columns in rows:
        by_object.setdefault(object_id, []).append((uuid_text(uuid), WriteRow._make(columns)))
    changes = []
    for object_id, writes in by_object.items():
        schema = sight.schemas[object_id]
        entries = history_entries(author, schema, [row for _, row in writes])
        changes += [
            OperationChange(schema, uuid, entry)
            for (uuid, _), entry in zip(writes, entries, strict=True)
        ]
    return changes
