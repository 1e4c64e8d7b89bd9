"""The typed index: adding, replacing, deleting rows, and marking them live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from records.services.catalogue import ObjectSchema
from records.services.database import (
    Fragment,
    document_param,
    execute,
    in_ids,
    is_postgresql,
)

from .rows import (
    Changes,
    IndexRow,
    RecordRow,
    Stamp,
)
from .tables import (
    Table,
    Values,
    insert,
    insertion,
)

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
_REPLACED = [
    name
    for name in _INDEX_COLUMNS
    if name not in ("record_id", "field_id", "position", "workspace_id")
]
_INDEX = Table("records_fieldvalue", _INDEX_COLUMNS)
_INDEX_REPLACING = Table(
    "records_fieldvalue",
    _INDEX_COLUMNS,
    " ON CONFLICT (record_id, field_id, position) DO UPDATE SET "
    + ", ".join(f'"{name}" = excluded."{name}"' for name in _REPLACED),
)
_AT = {name: at for at, name in enumerate(_INDEX_COLUMNS)}
_OVERFLOW, _UNIQUE = _AT["overflow"], _AT["unique_key"]


def _index_row(workspace_id: int, row: IndexRow) -> Values:
    values: list[Any] = [None] * len(_INDEX_COLUMNS)
    values[:5] = (
        row.record.id,
        row.field_id,
        row.position,
        workspace_id,
        row.record.state == "active",
    )
    values[_AT[row.column]] = row.value
    values[_OVERFLOW] = row.overflow
    values[_UNIQUE] = row.unique_key
    return values


def insert_index(workspace_id: int, rows: Sequence[IndexRow], *, replace: bool) -> None:
    """Add index rows; `replace`: rows at the same place in a record are overwritten."""
    insert(_INDEX_REPLACING if replace else _INDEX, [_index_row(workspace_id, row) for row in rows])


def index_insertion(workspace_id: int, rows: Sequence[IndexRow], *, replace: bool) -> Fragment:
    """The statement that adds the rows of `insert_index` on PostgreSQL."""
    return insertion(
        _INDEX_REPLACING if replace else _INDEX, [_index_row(workspace_id, row) for row in rows]
    )


def replace_index(
    schema: ObjectSchema, records: Sequence[RecordRow], rows: Sequence[IndexRow]
) -> None:
    """Rebuild the index of these records; the caller holds their locks."""
    chosen, params = in_ids("record_id", [record.id for record in records])
    execute(
        f"DELETE FROM records_fieldvalue WHERE workspace_id = %s AND {chosen}",
        [schema.workspace_id, *params],
    )
    if rows:
        insert_index(schema.workspace_id, rows, replace=False)


def delete_index(stamp: Stamp, fields_by_record: Mapping[int, set[int]]) -> None:
    """Delete the index rows of these fields of these records."""
    records, record_params = in_ids("record_id", fields_by_record)
    fields, field_params = in_ids("field_id", set(chain.from_iterable(fields_by_record.values())))
    if len(fields_by_record) > 1:  # not every record loses the same fields
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
        "(record_id, field_id) IN (SELECT json_extract(value, '$[0]'), json_extract(value, "
        "'$[1]') FROM json_each(%s))"
    ), [document_param(pairs)]


def set_live(stamp: Stamp, changes: Changes, *, live: bool) -> None:
    """Mark the index rows of records that became live, or ceased to be.

    Only live records keep others off a partner: its unique key comes and goes with them.
    """
    chosen = [key for key, now in changes.live_changed.items() if now is live]
    if not chosen:
        return
    records, params = in_ids("record_id", chosen)
    partners, partner_params = in_ids("field_id", [spec.id for spec in changes.partners])
    kept = "CAST(related_record AS text)" if live else "NULL"
    execute(
        f"UPDATE records_fieldvalue SET live = %s, unique_key = CASE WHEN {partners} THEN "
        f"{kept} ELSE unique_key END WHERE workspace_id = %s AND {records}",
        [live, *partner_params, stamp.workspace_id, *params],
    )
