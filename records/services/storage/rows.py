"""The rows of the store in the shapes that the write path works with, and reading them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from records.field_types import FieldSpec, root_text
from records.field_types.base import MAX_INDEXED
from records.models import RecordState
from records.rehearsal import is_rehearsal
from records.services.catalogue import ObjectSchema
from records.services.database import (
    Fragment,
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

from .summary import (
    NO_SUMMARY,
    Summary,
    read_summary,
    summary_columns,
)

RECORD_COLUMNS = (
    "id, uuid, values, identifier, display_name, external_source, external_id, member_id, "
    "owner_id, state, cancelled_at, version, created_at, updated_at, assignment_task_id, "
    "merged_into"
)
RECORD_WIDTH = len(RECORD_COLUMNS.split(","))


class Definition(NamedTuple):
    """The version of an object's definition, and a key for one new record if requested."""

    version: int
    spare_key: int | None


class OutdatedSchema(Exception):
    """The object's definition has changed since it was compiled: compile it again."""


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
    merged_into: int | None = None
    summary: Summary = NO_SUMMARY

    def copy(self) -> RecordRow:
        """The record as it is now; its values are shared."""
        return RecordRow(*_every_slot(self))


_every_slot = attrgetter(*(slot.name for slot in fields(RecordRow)))


@dataclass(slots=True)
class LedgerRow:
    """One write to one record, for the ledger: the record as the write left it, and what it
    changed.

    `record` is the row itself, which gets its key before the ledger is stored.
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
    language: str = ""  # of the workspace


@dataclass(slots=True)
class Changes:
    """Everything a batch stores.

    `index` lists, by field, the records (by UUID) with new index rows, which overwrite the rows at
    the same positions. `unindexed` lists, by record, the fields that have fewer rows than before:
    their rows are deleted first. `unnamed` are the records that give up an identifier, which
    another record of the batch may take; `unaddressed` those that give up an external id;
    `released` those that give up every unique value. `live_changed` has the final state of the
    records that became live or ceased to be. `partners` are the one-to-one links: only live records
    block their partner for others. `stage_field` is the field whose changes are moves between
    stages. `spare_key` is a reserved key for the only new record.
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
    stage_field: FieldSpec | None = None
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
    """A record from the columns `record_columns` names; more may follow them."""
    key, uuid, values, identifier, name, source, external_id, *placed = row[:RECORD_WIDTH]
    member_id, owner_id, state, cancelled_at, version, *rest = placed
    created_at, updated_at, task_id, merged_into = rest
    return RecordRow(
        key,
        uuid_text(uuid),
        document(values),
        identifier,
        name,
        source,
        external_id,
        member_id,
        owner_id,
        state,
        moment(cancelled_at),
        version,
        moment(created_at),
        moment(updated_at),
        task_id,
        merged_into,
    )


def read_with_summary(row: Sequence[Any]) -> RecordRow:
    """A record and its figures, from the columns `record_columns` names and those of
    `summary_columns` after them."""
    record = read_record(row)
    record.summary = read_summary(row[RECORD_WIDTH:])
    return record


def load_records(schema: ObjectSchema, condition: Fragment) -> list[RecordRow]:
    """The object's records that meet the condition (on alias `r`), in whatever state, as they are
    now."""
    chosen, params = condition
    rows = fetch(
        f"SELECT {record_columns('r')} FROM records_record r WHERE r.workspace_id = %s"
        f" AND r.object_id = %s AND {chosen}",
        [schema.workspace_id, schema.id, *params],
    )
    return list(map(read_record, rows))


def lock_records(
    schema: ObjectSchema, condition: Fragment, *, summary: bool = False
) -> list[RecordRow]:
    """The object's records that meet the condition (on alias `r`), locked, in the order of their
    keys."""
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
    ((version, spare_key, *_), *_) = rows
    # Without records, the one row has the definition alone.
    found = [(key, *columns) for _, _, key, *columns in rows if key is not None]
    return Definition(version, spare_key), _read_locked(found, summary=summary)


def lock_definition(schema: ObjectSchema, *, spare: bool = False) -> Definition:
    """The object's definition, locked until the transaction ends against all changes but new
    tags."""
    (definition,) = fetch(_definition(spare=spare), [schema.workspace_id, schema.id])
    return Definition(*definition)


def _definition(*, spare: bool) -> str:
    # Reserved with the lock, which saves a round trip; SQLite has no sequences.
    key = (
        "nextval('records_record_id_seq')"
        if spare and is_postgresql() and not is_rehearsal()
        else "NULL"
    )
    return (
        f"SELECT schema_version, {key} AS spare FROM records_objecttype WHERE workspace_id = "
        "%s AND id = %s" + for_key_share("records_objecttype")
    )


def _locking(
    schema: ObjectSchema, condition: Fragment, joined: str = "", *, summary: bool
) -> Fragment:
    sql, params = condition
    counted, count_params = summary_columns(schema, "r") if summary else ("NULL", [])
    return (
        f"SELECT {record_columns('r')}, {counted} FROM {joined}records_record r"
        f" WHERE r.workspace_id = %s AND r.object_id = %s AND ({sql}) ORDER BY r.id"
        + for_update("r")
    ), [*count_params, schema.workspace_id, schema.id, *params]


def _read_locked(rows: Sequence[Sequence[Any]], *, summary: bool) -> list[RecordRow]:
    return list(map(read_with_summary if summary else read_record, rows))


def index_rows(record: RecordRow, spec: FieldSpec, *, unique: bool) -> list[IndexRow]:
    """The typed index's rows for one field of a record."""
    column = spec.type.column
    unique = unique and keeps_others_off(record, spec)
    return [
        IndexRow(record, spec.id, position, column or "", *cells)
        for position, cells in enumerate(
            index_cells(spec, record.values.get(str(spec.id)), unique=unique)
        )
    ]


def keeps_others_off(record: RecordRow, spec: FieldSpec) -> bool:
    """Whether the record's value of a unique field blocks the same value in other records.

    An archived record does not block its partner, and a record in the trash blocks nothing.
    """
    if record.state == RecordState.DELETED:
        return False
    return record.state == RecordState.ACTIVE or not spec.is_exclusive


def index_cells(
    spec: FieldSpec, stored: Any, *, unique: bool
) -> list[tuple[Any, str | None, str | None]]:
    """What the index holds of a stored value: the scalar, the whole of a long text, and the unique
    key; in order."""
    if stored is None or spec.type.column is None:
        return []
    cells = []
    for value in spec.type.index_values(spec, stored):
        key = _unique_key(value) if unique else None
        # `contains` and `=` must be right for the whole of a long text.
        if spec.type.column == "text" and len(value) > MAX_INDEXED:
            cells.append((value[:MAX_INDEXED], value, key))
        else:
            cells.append((value, None, key))
    return cells


def unique_keys(spec: FieldSpec, value: Any) -> list[str]:
    """The keys by which values of a unique field are compared."""
    return list(map(_unique_key, spec.type.index_values(spec, value)))


def _unique_key(scalar: Any) -> str:
    # Whether texts are the same is no matter of the workspace's language.
    return root_text(str(scalar))


@dataclass(frozen=True, slots=True)
class ExternalKey:
    """The id of a record in another system. `source` names the system; empty when none was
    named."""

    source: str
    id: str
