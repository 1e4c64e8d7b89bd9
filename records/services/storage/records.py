"""The table of records: new keys, new rows, changed rows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

import orjson
from django.db import connection

from records.rehearsal import rehearsal
from records.services.catalogue import display_key
from records.services.database import (
    Fragment,
    execute,
    fetch_column,
    is_postgresql,
)

from .rows import RecordRow, Stamp
from .tables import (
    Table,
    Values,
    insert,
    insertion,
    picked,
    plain,
)

_RECORD = Table(
    "records_record",
    {
        "id": "bigint",
        "workspace_id": "bigint",
        "object_id": "bigint",
        "uuid": "uuid",
        "created_at": "timestamptz",
        "created_by": "bigint",
        "values": "json",
        "identifier": "text",
        "display_name": "text",
        "display_key": "text",
        "external_source": "text",
        "external_id": "text",
        "member_id": "bigint",
        "owner_id": "bigint",
        "state": "text",
        "cancelled_at": "timestamptz",
        "assignment_task_id": "bigint",
        "merged_into": "bigint",
        "version": "bigint",
        "updated_at": "timestamptz",
        "updated_by": "bigint",
    },
)


def give_keys(records: list[RecordRow], spare: int | None) -> None:
    """Assign primary keys to new records; `spare` is one that was reserved before."""
    # A single record usually has its key from the lock already.
    keys = [spare] if spare is not None and len(records) == 1 else _reserved_keys(len(records))
    for key, record in zip(keys, records, strict=True):
        record.id = key


def insert_records(stamp: Stamp, records: list[RecordRow]) -> None:
    insert(_RECORD, [_record_row(stamp, record) for record in records])


def record_insertion(stamp: Stamp, records: list[RecordRow]) -> Fragment:
    """The statement that adds the records of `insert_records` on PostgreSQL."""
    return insertion(_RECORD, [_record_row(stamp, record) for record in records])


def _reserved_keys(count: int) -> Iterable[int]:
    """Keys for new records, in order. On SQLite it is the open transaction that reserves them."""
    if (rehearsed := rehearsal()) is not None:
        return islice(rehearsed.keys, count)
    if is_postgresql():
        return fetch_column(
            "SELECT nextval('records_record_id_seq') FROM generate_series(1, %s)", [count]
        )
    # AUTOINCREMENT never reuses the key of a deleted record, so its counter decides.
    used = fetch_column("SELECT seq FROM sqlite_sequence WHERE name = 'records_record'")
    first = max(used, default=0) + 1
    return range(first, first + count)


def _record_row(stamp: Stamp, record: RecordRow) -> Values:
    member = stamp.member_id
    made = (record.id, stamp.workspace_id, stamp.object_id, record.uuid, record.created_at, member)
    return (*made, *_changed_row(record, stamp.language), member)


_CHANGED = {
    name: kind
    for name, kind in _RECORD.columns.items()
    if name
    not in ("id", "workspace_id", "object_id", "uuid", "created_at", "created_by", "updated_by")
}
_assigned_params = ", ".join(f'"{name}" = %s' for name in _CHANGED)
_assigned_picks = ", ".join(f'"{name}" = n.f{at}' for at, name in enumerate(_CHANGED))
_UPDATE_ONE = (
    f"UPDATE records_record SET {_assigned_params}, updated_by = %s WHERE workspace_id = %s AND "
    "id = %s"
)
_UPDATE_MANY = (
    f"UPDATE records_record r SET {_assigned_picks},"
    " updated_by = %s FROM (SELECT (e->>0)::bigint AS key, "
    + ", ".join(f"{picked(at + 1, kind)} AS f{at}" for at, kind in enumerate(_CHANGED.values()))
    + " FROM jsonb_array_elements(%s::jsonb) e) n WHERE r.workspace_id = %s AND r.id = n.key"
)


def _changed_row(record: RecordRow, language: str) -> Values:
    """The values of the columns that a change writes, in the order of `_CHANGED`."""
    return (
        record.values,
        record.identifier,
        record.display_name,
        display_key(record.display_name, language),
        record.external_source,
        record.external_id,
        record.member_id,
        record.owner_id,
        record.state,
        record.cancelled_at,
        record.assignment_task_id,
        record.merged_into,
        record.version,
        record.updated_at,
    )


def record_update(stamp: Stamp, records: list[RecordRow]) -> Fragment:
    """The statement that changes records on PostgreSQL, or one record on either engine."""
    # The usual case, with plain parameters that either engine takes.
    if len(records) == 1:
        return _UPDATE_ONE, _update_params(stamp, records[0])
    rows = [(record.id, *_changed_row(record, stamp.language)) for record in records]
    return _UPDATE_MANY, [stamp.member_id, orjson.dumps(rows).decode(), stamp.workspace_id]


def _update_params(stamp: Stamp, record: RecordRow) -> list[Any]:
    return [
        *plain(_changed_row(record, stamp.language)),
        stamp.member_id,
        stamp.workspace_id,
        record.id,
    ]


def update_records(stamp: Stamp, records: list[RecordRow]) -> None:
    if is_postgresql() or len(records) == 1:
        execute(*record_update(stamp, records))
        return
    # Without a server in between, a statement for each row costs little.
    with connection.cursor() as cursor:
        cursor.executemany(_UPDATE_ONE, [_update_params(stamp, record) for record in records])
