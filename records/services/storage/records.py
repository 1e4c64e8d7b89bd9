"""The table of records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection

from records.services.copying import FROM as COPY_FROM
from records.services.naming import display_key
from records.services.record_rows import RecordRow, Stamp
from records.services.sql import Fragment, execute, fetch, is_postgresql, uuid_text

from .tables import Table, Values, insert, picked, plain

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
        "version": "bigint",
        "updated_at": "timestamptz",
        "updated_by": "bigint",
    },
)
_NEXT_KEY = "nextval('records_record_id_seq')"
_INSERT_RECORD = _RECORD.by_row.replace("(%s, ", f"({_NEXT_KEY}, ", 1) + " RETURNING id"
_INSERT_RECORDS = _RECORD.by_document.replace("(e->>0)::bigint", _NEXT_KEY, 1) + " RETURNING id, uuid"


def insert_records(stamp: Stamp, records: list[RecordRow]) -> None:
    """Add records and give them their keys."""
    if is_postgresql() and len(records) < COPY_FROM:
        rows = [_record_row(stamp, record) for record in records]
        if len(rows) == 1:
            records[0].id = fetch(_INSERT_RECORD, list(plain(rows[0][1:])))[0][0]
            return
        keys = {uuid_text(uuid): key for key, uuid in fetch(_INSERT_RECORDS, [orjson.dumps(rows).decode()])}
        for record in records:
            record.id = keys[record.uuid]
        return
    for key, record in zip(_reserved_keys(len(records)), records, strict=True):
        record.id = key
    insert(_RECORD, [_record_row(stamp, record) for record in records])


def _reserved_keys(count: int) -> Iterable[int]:
    """Keys for new records, in order. On SQLite it is the open transaction that reserves them."""
    if is_postgresql():
        rows = fetch("SELECT nextval('records_record_id_seq') FROM generate_series(1, %s)", [count])
        return [row[0] for row in rows]
    last = fetch("SELECT seq FROM sqlite_sequence WHERE name = 'records_record'")
    first = (last[0][0] if last else 0) + 1
    return range(first, first + count)


def _record_row(stamp: Stamp, record: RecordRow) -> Values:
    member = stamp.member_id
    made = (record.id, stamp.workspace_id, stamp.object_id, record.uuid, record.created_at, member)
    return (*made, *_changed_row(record), member)


_CHANGED = {
    name: kind
    for name, kind in _RECORD.columns.items()
    if name not in ("id", "workspace_id", "object_id", "uuid", "created_at", "created_by", "updated_by")
}
_assigned_params = ", ".join(f'"{name}" = %s' for name in _CHANGED)
_assigned_picks = ", ".join(f'"{name}" = n.f{at}' for at, name in enumerate(_CHANGED))
_UPDATE_ONE = f"UPDATE records_record SET {_assigned_params}, updated_by = %s WHERE workspace_id = %s AND id = %s"
_UPDATE_MANY = (
    f"UPDATE records_record r SET {_assigned_picks},"
    " updated_by = %s FROM (SELECT (e->>0)::bigint AS key, "
    + ", ".join(f"{picked(at + 1, kind)} AS f{at}" for at, kind in enumerate(_CHANGED.values()))
    + " FROM jsonb_array_elements(%s::jsonb) e) n WHERE r.workspace_id = %s AND r.id = n.key"
)


def _changed_row(record: RecordRow) -> Values:
    """The values of the columns that a change writes, in the order of `_CHANGED`."""
    return (
        record.values,
        record.identifier,
        record.display_name,
        display_key(record.display_name),
        record.external_source,
        record.external_id,
        record.member_id,
        record.owner_id,
        record.state,
        record.cancelled_at,
        record.assignment_task_id,
        record.version,
        record.updated_at,
    )


def record_update(stamp: Stamp, records: list[RecordRow]) -> Fragment:
    """The statement that changes records on PostgreSQL, or one record on either engine."""
    if len(records) == 1:
        return _UPDATE_ONE, _update_params(stamp, records[0])
    rows = [(record.id, *_changed_row(record)) for record in records]
    return _UPDATE_MANY, [stamp.member_id, orjson.dumps(rows).decode(), stamp.workspace_id]


def _update_params(stamp: Stamp, record: RecordRow) -> list[Any]:
    return [*plain(_changed_row(record)), stamp.member_id, stamp.workspace_id, record.id]


def update_records(stamp: Stamp, records: list[RecordRow]) -> None:
    if is_postgresql() or len(records) == 1:
        execute(*record_update(stamp, records))
        return
    with connection.cursor() as cursor:
        cursor.executemany(_UPDATE_ONE, [_update_params(stamp, record) for record in records])
