"""The rows of the store, in the shapes the write path works with, and reading them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from records.field_types import FieldSpec
from records.field_types.base import MAX_INDEXED
from records.models import RecordState

from .object_schema import ObjectSchema
from .sql import (
    Fragment,
    Row,
    document,
    document_column,
    fetch,
    for_key_share,
    for_update,
    is_postgresql,
    moment,
    moment_column,
    uuid_column,
    uuid_text,
)
from .summary import NO_SUMMARY, Summary, read_summary, summary_columns

RECORD_COLUMNS = (
    "id, uuid, values, identifier, display_name, external_source, external_id, member_id, owner_id, state,"
    " cancelled_at, version, created_at, updated_at, assignment_task_id"
)
RECORD_WIDTH = len(RECORD_COLUMNS.split(","))


class Definition(NamedTuple):
    """The version of an object's definition; and a key for one new record, where one was asked for."""

    version: int
    spare_key: int | None


class OutdatedSchema(Exception):
    """An object's definition is another one than the one that was compiled: compile it again."""


@dataclass(slots=True)
class RecordRow:
    """A record as it is stored; the write path changes copies of it."""

    id: int
    uuid: str
    values: dict[str, Any]
    identifier: str | None = None
    display_name: str = ""
    external_source: str = ""
    external_id: str | None = None
    member_id: int | None = None
    owner_id: int | None = None
    state: str = "active"
    cancelled_at: datetime | None = None
    version: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    assignment_task_id: int | None = None
    summary: Summary = NO_SUMMARY

    def copy(self) -> RecordRow:
        """The record as it is now; its values are shared."""
        return RecordRow(*_every_slot(self))


_every_slot = attrgetter(*(slot.name for slot in fields(RecordRow)))


@dataclass(slots=True)
class LedgerRow:
    """One write to one record, for the ledger: the record as the write left it, and what it changed.

    `record` is the row itself, which has its key by the time it is stored.
    """

    record: RecordRow
    snapshot: RecordRow
    action: str
    changes: dict[str, list[Any]]


@dataclass(slots=True)
class IndexRow:
    """One scalar of the typed index; `value` goes into `column`."""

    record: RecordRow
    field_id: int
    position: int
    column: str
    value: Any
    overflow: str | None = None
    unique_key: str | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every row of one operation has in common."""

    workspace_id: int
    object_id: int
    operation_id: UUID
    source: str
    member_id: int | None
    user_id: int | None
    api_key_id: int | None
    request_id: str
    reason: str
    now: datetime


@dataclass(slots=True)
class Changes:
    """Everything a batch stores.

    `index` says which records (by UUID) have new index rows for a field; they overwrite the rows at the same places.
    `unindexed` are the fields of a record that have fewer rows than before: theirs are deleted first. `unnamed` are
    the records that give up an identifier, which another record of the batch may take, `unaddressed` those that give
    up an external id, `released` those that give up every unique value. `live_changed` says of records that came into
    sight or went out of it which they are in the end. `partners` are the one-to-one links, which only live records
    keep others off. `spare_key` is one for the only new record.
    """

    created: list[RecordRow] = field(default_factory=list)
    updated: dict[int, RecordRow] = field(default_factory=dict)
    ledger: list[LedgerRow] = field(default_factory=list)
    unindexed: dict[int, set[int]] = field(default_factory=dict)
    index: dict[FieldSpec, dict[str, RecordRow]] = field(default_factory=dict)
    unique: frozenset[FieldSpec] = frozenset()
    partners: tuple[FieldSpec, ...] = ()
    unnamed: list[int] = field(default_factory=list)
    unaddressed: list[int] = field(default_factory=list)
    released: set[int] = field(default_factory=set)
    live_changed: dict[int, bool] = field(default_factory=dict)
    spare_key: int | None = None


@cache
def record_columns(alias: str) -> str:
    """The columns of a record, for a SELECT from `alias`, in the order `read_record` takes them."""
    return ", ".join(_column(alias, name.strip()) for name in RECORD_COLUMNS.split(","))


def _column(alias: str, name: str) -> str:
    column = f'{alias}."{name}"'
    if name == "uuid":
        return uuid_column(column)
    if name == "values":
        return document_column(column)
    return moment_column(column) if name.endswith("_at") else column


def read_record(row: Sequence[Any]) -> RecordRow:
    """A record from the columns `record_columns` names."""
    columns: list[Any] = list(row[:RECORD_WIDTH])
    columns[1] = uuid_text(row[1])
    columns[2] = document(row[2])
    columns[10], columns[12], columns[13] = moment(row[10]), moment(row[12]), moment(row[13])
    return RecordRow(*columns)


def lock_records(schema: ObjectSchema, condition: Fragment, *, summary: bool = False) -> list[RecordRow]:
    """The object's records that meet the condition (on alias `r`), locked, in the order of their keys."""
    statement, params = _locking(schema, condition, summary=summary)
    return _read_locked(fetch(statement, params), summary=summary)


def lock_with_definition(
    schema: ObjectSchema, condition: Fragment, *, summary: bool = False, spare: bool = False
) -> tuple[Definition, list[RecordRow]]:
    """What `lock_records` does, and before it what `lock_definition` does, in one statement."""
    # The definition comes first in the join, so it is locked before any record.
    locking, params = _locking(schema, condition, "o CROSS JOIN ", summary=summary)
    rows = fetch(
        f"WITH o AS MATERIALIZED ({_definition(spare=spare)}), l AS MATERIALIZED ({locking})"
        " SELECT o.schema_version, o.spare, l.* FROM o LEFT JOIN l ON TRUE ORDER BY l.id",
        [schema.workspace_id, schema.id, *params],
    )
    found = [row[2:] for row in rows if row[2] is not None]
    return Definition(*rows[0][:2]), _read_locked(found, summary=summary)


def lock_definition(schema: ObjectSchema, *, spare: bool = False) -> Definition:
    """The object's definition, which nobody but makers of tags can change until the transaction ends."""
    return Definition(*fetch(_definition(spare=spare), [schema.workspace_id, schema.id])[0])


def _definition(*, spare: bool) -> str:
    key = "nextval('records_record_id_seq')" if spare and is_postgresql() else "NULL"
    return (
        f"SELECT schema_version, {key} AS spare FROM records_objecttype WHERE workspace_id = %s AND id = %s"
        + for_key_share("records_objecttype")
    )


def _locking(schema: ObjectSchema, condition: Fragment, joined: str = "", *, summary: bool) -> Fragment:
    sql, params = condition
    counted, count_params = summary_columns(schema, "r") if summary else ("NULL", [])
    return (
        f"SELECT {record_columns('r')}, {counted} FROM {joined}records_record r"
        f" WHERE r.workspace_id = %s AND r.object_id = %s AND ({sql}) ORDER BY r.id" + for_update("r")
    ), [*count_params, schema.workspace_id, schema.id, *params]


def _read_locked(rows: Sequence[Row], *, summary: bool) -> list[RecordRow]:
    records = [read_record(row) for row in rows]
    if summary:
        for record, row in zip(records, rows, strict=True):
            record.summary = read_summary(row[RECORD_WIDTH:])
    return records


def index_rows(record: RecordRow, spec: FieldSpec, *, unique: bool) -> list[IndexRow]:
    """The typed index's rows for one field of a record."""
    column = spec.type.column
    unique = unique and keeps_others_off(record, spec)
    return [
        IndexRow(record, spec.id, position, column or "", *cells)
        for position, cells in enumerate(index_cells(spec, record.values.get(str(spec.id)), unique=unique))
    ]


def keeps_others_off(record: RecordRow, spec: FieldSpec) -> bool:
    """Whether nobody else may have the record's value of a unique field.

    An archived record holds on to no partner, and one in the trash to nothing.
    """
    if record.state == RecordState.DELETED:
        return False
    return record.state == RecordState.ACTIVE or spec.relation_kind != "one_to_one"


def index_cells(spec: FieldSpec, stored: Any, *, unique: bool) -> list[tuple[Any, str | None, str | None]]:
    """What the index holds of a stored value: the scalar, the whole of a long text, and the unique key; in order."""
    if stored is None or spec.type.column is None:
        return []
    cells = []
    for value in spec.type.index_values(spec, stored):
        key = str(value) if unique else None
        if spec.type.column == "text" and len(value) > MAX_INDEXED:
            cells.append((value[:MAX_INDEXED], value, key))
        else:
            cells.append((value, None, key))
    return cells
