"""Storing batches of records, their index rows and their ledger rows: one statement per table and batch.

Only the write path calls this. On PostgreSQL the rows of a statement go in as one JSON parameter, so that its text,
and with it the prepared plan, is the same for any number of rows, and from fifty rows on through COPY; on SQLite they
go in through `executemany`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import orjson
from django.db import connection

from .copying import FROM as COPY_FROM
from .copying import copy_index, copy_rows
from .naming import display_key
from .object_schema import ObjectSchema
from .record_rows import Changes, IndexRow, LedgerRow, RecordRow, Stamp, index_rows
from .sql import Fragment, document_param, execute, fetch, in_ids, is_postgresql, moment_param, number_param, uuid_text

Values = Sequence[Any]


def store(stamp: Stamp, changes: Changes) -> None:
    """Write a batch: records, index rows, ledger rows. The caller holds the transaction and the locks."""
    if changes.unnamed and len(changes.ledger) > 1:
        _give_up_identifiers(stamp, changes.unnamed)
    if changes.updated:  # first: a new record may take the identifier that an archived one gives up
        _update_records(stamp, list(changes.updated.values()))
    if changes.created:
        _insert_records(stamp, changes.created)
    copied = is_postgresql() and len(changes.ledger) >= COPY_FROM
    unindexed = _replaced(changes) if copied else changes.unindexed
    if unindexed:
        _delete_index(stamp, unindexed)
    for live in sorted(set(changes.live_changed.values())):
        _set_live(stamp, [key for key, now in changes.live_changed.items() if now is live], live)
    if copied:
        copy_index(stamp.workspace_id, changes)
    elif rows := _index_rows(changes):
        _insert_index(stamp.workspace_id, rows, replace=bool(changes.updated))
    if changes.ledger:
        _insert(_LEDGER, [_ledger_row(stamp, entry) for entry in changes.ledger])


def _replaced(changes: Changes) -> dict[int, set[int]]:
    """The fields of each record whose rows go first where the new ones cannot overwrite them."""
    fields = changes.unindexed
    for spec, records in changes.index.items():
        for record in records.values():
            if record.id in changes.updated:
                fields.setdefault(record.id, set()).add(spec.id)
    return fields


def _index_rows(changes: Changes) -> list[IndexRow]:
    return [
        row
        for spec, records in changes.index.items()
        for record in records.values()
        for row in index_rows(record, spec, unique=spec in changes.unique)
    ]


# ---------------------------------------------------------------- the generic insert


class _Table:
    """A table, its columns and their PostgreSQL types, and the statements that fill it on either engine."""

    def __init__(self, name: str, columns: Mapping[str, str], suffix: str = "") -> None:
        self.name = name
        self.columns = columns
        self.only_adds = not suffix
        names = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join(["%s"] * len(columns))
        picked = ", ".join(_picked(at, kind) for at, kind in enumerate(columns.values()))
        self.by_row = f"INSERT INTO {name} ({names}) VALUES ({marks}){suffix}"
        self.by_document = (
            f"INSERT INTO {name} ({names}) SELECT {picked} FROM jsonb_array_elements(%s::jsonb) e{suffix}"
        )


def _picked(at: int, kind: str) -> str:
    return f"(e->{at})::json" if kind == "json" else f"(e->>{at})::{kind}"


def _insert(table: _Table, rows: Sequence[Values]) -> None:
    """Add rows. Their values are plain: numbers and texts, UUIDs, datetimes; a JSON column takes any value."""
    if is_postgresql():
        if len(rows) == 1:
            execute(table.by_row, list(_plain(rows[0])))
        elif len(rows) >= COPY_FROM and table.only_adds:  # COPY cannot overwrite
            copy_rows(table.name, table.columns, rows)
        else:
            execute(table.by_document, [orjson.dumps(rows).decode()])
        return
    kinds = list(table.columns.values())
    with connection.cursor() as cursor:
        cursor.executemany(table.by_row, [list(map(_sqlite_value, kinds, row)) for row in rows])


def _sqlite_value(kind: str, value: Any) -> Any:
    if value is None or kind in ("bigint", "text", "boolean", "int"):
        return value
    return _SQLITE[kind](value)


_SQLITE: Mapping[str, Callable[[Any], Any]] = {
    "json": document_param,
    "timestamptz": moment_param,
    "uuid": lambda value: str(value).replace("-", ""),
    "numeric": number_param,
}


# ---------------------------------------------------------------- records

_RECORD = _Table(
    "records_record",
    {
        "id": "bigint",
        "workspace_id": "bigint",
        "object_id": "bigint",
        "uuid": "uuid",
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
        "version": "bigint",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
        "created_by": "bigint",
        "updated_by": "bigint",
    },
)
_NEXT_KEY = "nextval('records_record_id_seq')"
_INSERT_RECORD = _RECORD.by_row.replace("(%s, ", f"({_NEXT_KEY}, ", 1) + " RETURNING id"
_INSERT_RECORDS = _RECORD.by_document.replace("(e->>0)::bigint", _NEXT_KEY, 1) + " RETURNING id, uuid"


def _insert_records(stamp: Stamp, records: list[RecordRow]) -> None:
    """Add records and give them their keys."""
    if is_postgresql() and len(records) < COPY_FROM:
        rows = [_record_row(stamp, record) for record in records]
        if len(rows) == 1:
            records[0].id = fetch(_INSERT_RECORD, list(_plain(rows[0][1:])))[0][0]
            return
        keys = {uuid_text(uuid): key for key, uuid in fetch(_INSERT_RECORDS, [orjson.dumps(rows).decode()])}
        for record in records:
            record.id = keys[record.uuid]
        return
    for key, record in zip(_reserved_keys(len(records)), records, strict=True):
        record.id = key
    _insert(_RECORD, [_record_row(stamp, record) for record in records])


def _reserved_keys(count: int) -> Iterable[int]:
    """Keys for new records, in order. On SQLite it is the open transaction that reserves them."""
    if is_postgresql():
        rows = fetch("SELECT nextval('records_record_id_seq') FROM generate_series(1, %s)", [count])
        return [row[0] for row in rows]
    last = fetch("SELECT seq FROM sqlite_sequence WHERE name = 'records_record'")
    first = (last[0][0] if last else 0) + 1
    return range(first, first + count)


def _record_row(stamp: Stamp, record: RecordRow) -> Values:
    return (
        record.id,
        stamp.workspace_id,
        stamp.object_id,
        record.uuid,
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
        record.version,
        record.created_at,
        record.updated_at,
        stamp.member_id,
        stamp.member_id,
    )


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
    + ", ".join(f"{_picked(at + 1, kind)} AS f{at}" for at, kind in enumerate(_CHANGED.values()))
    + " FROM jsonb_array_elements(%s::jsonb) e) n WHERE r.workspace_id = %s AND r.id = n.key"
)


def _changed_row(record: RecordRow) -> Values:
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
        record.version,
        record.updated_at,
    )


def _update_records(stamp: Stamp, records: list[RecordRow]) -> None:
    if is_postgresql() and len(records) > 1:
        rows = [(record.id, *_changed_row(record)) for record in records]
        execute(_UPDATE_MANY, [stamp.member_id, orjson.dumps(rows).decode(), stamp.workspace_id])
        return
    params = [[*_plain(_changed_row(record)), stamp.member_id, stamp.workspace_id, record.id] for record in records]
    with connection.cursor() as cursor:
        if len(params) == 1:
            cursor.execute(_UPDATE_ONE, params[0])
        else:
            cursor.executemany(_UPDATE_ONE, params)


def _give_up_identifiers(stamp: Stamp, record_ids: list[int]) -> None:
    chosen, params = in_ids("id", record_ids)
    execute(
        f"UPDATE records_record SET identifier = NULL WHERE workspace_id = %s AND {chosen}",
        [stamp.workspace_id, *params],
    )


def _plain(values: Values) -> Iterable[Any]:
    """Values as statement parameters."""
    for value in values:
        if isinstance(value, dict):
            yield document_param(value)
        else:
            yield moment_param(value) if isinstance(value, datetime) else value


# ---------------------------------------------------------------- the typed index

_INDEX_COLUMNS = {
    "record_id": "bigint",
    "field_id": "bigint",
    "position": "int",
    "workspace_id": "bigint",
    "live": "boolean",
    "text": "text",
    "overflow": "text",
    "number": "numeric",
    "moment": "timestamptz",
    "option": "bigint",
    "related_record": "bigint",
    "member": "bigint",
    "attachment": "bigint",
    "unique_key": "text",
}
_REPLACED = [name for name in _INDEX_COLUMNS if name not in ("record_id", "field_id", "position", "workspace_id")]
_INDEX = _Table("records_fieldvalue", _INDEX_COLUMNS)
_INDEX_REPLACING = _Table(
    "records_fieldvalue",
    _INDEX_COLUMNS,
    " ON CONFLICT (record_id, field_id, position) DO UPDATE SET "
    + ", ".join(f'"{name}" = excluded."{name}"' for name in _REPLACED),
)
_AT = {name: at for at, name in enumerate(_INDEX_COLUMNS)}
_OVERFLOW, _UNIQUE = _AT["overflow"], _AT["unique_key"]


def _index_row(workspace_id: int, row: IndexRow) -> Values:
    values: list[Any] = [
        row.record.id,
        row.field_id,
        row.position,
        workspace_id,
        row.record.state == "active",
        *[None] * 9,
    ]
    values[_AT[row.column]] = row.value
    values[_OVERFLOW] = row.overflow
    values[_UNIQUE] = row.unique_key
    return values


def _insert_index(workspace_id: int, rows: Sequence[IndexRow], *, replace: bool) -> None:
    """Add index rows; `replace`: rows at the same place in a record are overwritten."""
    _insert(_INDEX_REPLACING if replace else _INDEX, [_index_row(workspace_id, row) for row in rows])


def replace_index(schema: ObjectSchema, records: Sequence[RecordRow], rows: Sequence[IndexRow]) -> None:
    """Rebuild the index of these records; the caller holds their locks."""
    chosen, params = in_ids("record_id", [record.id for record in records])
    execute(
        f"DELETE FROM records_fieldvalue WHERE workspace_id = %s AND {chosen}",
        [schema.workspace_id, *params],
    )
    if rows:
        _insert_index(schema.workspace_id, rows, replace=False)


def _delete_index(stamp: Stamp, fields_by_record: Mapping[int, set[int]]) -> None:
    records, record_params = in_ids("record_id", fields_by_record)
    fields, field_params = in_ids("field_id", set(chain.from_iterable(fields_by_record.values())))
    if len(fields_by_record) > 1:
        records, record_params = _pairs(fields_by_record)
        fields, field_params = "TRUE", []
    execute(
        f"DELETE FROM records_fieldvalue WHERE workspace_id = %s AND {records} AND {fields}",
        [stamp.workspace_id, *record_params, *field_params],
    )


def _pairs(fields_by_record: Mapping[int, set[int]]) -> Fragment:
    pairs = [(record, spec) for record, specs in fields_by_record.items() for spec in specs]
    if is_postgresql():
        return "(record_id, field_id) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))", [
            [record for record, _ in pairs],
            [spec for _, spec in pairs],
        ]
    return (
        "(record_id, field_id) IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(%s))"
    ), [document_param(pairs)]


def _set_live(stamp: Stamp, record_ids: list[int], live: bool) -> None:
    records, params = in_ids("record_id", record_ids)
    execute(
        f"UPDATE records_fieldvalue SET live = %s WHERE workspace_id = %s AND {records}",
        [live, stamp.workspace_id, *params],
    )


# ---------------------------------------------------------------- the ledger

_LEDGER = _Table(
    "records_historicalrecord",
    {
        "id": "bigint",
        "uuid": "uuid",
        "workspace_id": "bigint",
        "object_id": "bigint",
        "external_source": "text",
        "external_id": "text",
        "member_id": "bigint",
        "owner_id": "bigint",
        "state": "text",
        "cancelled_at": "timestamptz",
        "version": "bigint",
        "history_date": "timestamptz",
        "history_type": "text",
        "history_change_reason": "text",
        "history_user_id": "bigint",
        "changes": "json",
        "operation_id": "uuid",
        "source": "text",
        "action": "text",
        "author": "bigint",
        "api_key": "bigint",
        "request_id": "text",
    },
)


def _ledger_row(stamp: Stamp, entry: LedgerRow) -> Values:
    record = entry.snapshot
    return (
        entry.record.id,
        record.uuid,
        stamp.workspace_id,
        stamp.object_id,
        record.external_source,
        record.external_id,
        record.member_id,
        record.owner_id,
        record.state,
        record.cancelled_at,
        record.version,
        stamp.now,
        "+" if entry.action == "created" else "~",
        stamp.reason[:100] or None,
        stamp.user_id,
        entry.changes,
        stamp.operation_id,
        stamp.source,
        entry.action,
        stamp.member_id,
        stamp.api_key_id,
        stamp.request_id,
    )
