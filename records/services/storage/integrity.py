"""Checking that documents, index and ledger agree, and rebuilding what is derived from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction

from records.models import ObjectType, Record, RecordState, Workspace
from records.services.catalogue import (
    Directory,
    ObjectSchema,
    count_up,
    display_key,
    get_directory,
    identifier_of,
    is_stored,
    load_workspace,
)
from records.services.database import (
    Row,
    document,
    execute,
    fetch,
    in_ids,
    is_postgresql,
    moment,
)

from .display_names import derived_names
from .index import replace_index
from .rows import (
    IndexRow,
    RecordRow,
    index_rows,
    read_record,
    record_columns,
)
from .stage_times import check_stage_times, rebuild_stage_times
from .statistics import refresh_after
from .stored_files import check_files

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a derived value differs from the document, or the ledger from either."""

    object_name: str
    record_uuid: str
    what: str


def check_records(workspace: Workspace) -> Iterator[Difference]:
    """Everything that differs in a workspace: document and index, document and ledger, stage times
    and ledger, record and files.

    Safe during writes: everything compared is of one moment.
    """
    with _one_moment():
        for directory, schema, rows in _batches(workspace):
            yield from _check_index(schema, rows)
            yield from _check_ledger(schema, rows)
            yield from _check_names(directory, schema, rows)
            for moved, what in check_stage_times(schema, rows):
                yield Difference(schema.name, moved.uuid, f"stages: {what}")
        yield from _check_strays(workspace)
    # Outside of the snapshot, which would show outdated rows.
    for row, what in check_files(workspace):
        record = row.record
        object_name, uuid = ("", "") if record is None else (record.object.name, str(record.uuid))
        yield Difference(object_name, uuid, f"file: {what}")


@contextmanager
def _one_moment() -> Iterator[None]:
    """A snapshot on PostgreSQL. On SQLite each batch is a transaction that blocks writers, which is
    enough."""
    # Inside a transaction, the isolation level can no longer be chosen.
    if not is_postgresql() or connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def reindex(workspace: Workspace) -> int:
    """Rebuild the typed index from the documents, and stage times from the ledger; the number of
    records.

    Each batch also drops what searches counted by the old index, by counting up the version of the
    definitions.
    """
    count = 0
    for _, schema, rows in _batches(workspace, lock=True):
        replace_index(
            schema, rows, [row for record in rows for row in expected_index(schema, record)]
        )
        rebuild_stage_times(schema, rows)
        count += len(rows)
    with transaction.atomic():
        count_up(
            workspace.id,
            list(ObjectType.objects.filter(workspace=workspace).values_list("id", flat=True)),
        )
        # Rows of records that do not exist are in no batch.
        for table in ("records_fieldvalue", "records_stagetime"):
            execute(
                f"DELETE FROM {table} WHERE {_STRAY.format(key='record_id')}",
                [workspace.id, workspace.id],
            )
    refresh_after(count)
    return count


_TOMBSTONE = "history_type = '-' AND action = 'deleted' AND state = 'deleted'"
_STRAY = (
    "workspace_id = %s AND {key} NOT IN (SELECT r.id FROM records_record r WHERE r.workspace_id "
    "= %s)"
)


def _check_strays(workspace: Workspace) -> Iterator[Difference]:
    """Index and ledger rows of records that do not exist; a permanently deleted one leaves only a
    tombstone."""
    for part, table, key, more in (
        ("index", "records_fieldvalue", "record_id", ""),
        ("stages", "records_stagetime", "record_id", ""),
        ("ledger", "records_historicalrecord", "id", f" AND NOT ({_TOMBSTONE})"),
    ):
        stray = f"SELECT DISTINCT {key} FROM {table} WHERE {_STRAY.format(key=key)}{more}"
        for (record,) in fetch(stray, [workspace.id, workspace.id]):
            yield Difference("", "", f"{part}: rows of record {record}, which does not exist")
    # Deleting a record leaves the links of deleted fields as they are.
    dangling = (
        "SELECT DISTINCT v.record_id, v.related_record FROM records_fieldvalue v JOIN "
        "records_field f"
        " ON f.id = v.field_id AND f.deleted_at IS NULL WHERE v.related_record IS NOT NULL"
        f" AND v.{_STRAY.format(key='v.related_record')}"
    )
    for record, related in fetch(dangling, [workspace.id, workspace.id]):
        yield Difference(
            "", "", f"index: record {record} links to record {related}, which does not exist"
        )
    graves = (
        f"SELECT id FROM records_historicalrecord WHERE workspace_id = %s AND {_TOMBSTONE} "
        "AND (external_id IS NOT NULL OR member_id IS NOT NULL OR owner_id IS NOT NULL OR id IN"
        " (SELECT r.id FROM records_record r WHERE r.workspace_id = %s))"
    )
    for (record,) in fetch(graves, [workspace.id, workspace.id]):
        yield Difference(
            "",
            "",
            f"ledger: the tombstone of record {record} holds values, or the record still exists",
        )


def expected_index(schema: ObjectSchema, record: RecordRow) -> list[IndexRow]:
    """The index rows that a record's document requires; a deleted field has some as long as its
    values are kept."""
    return [
        row
        for spec in schema.all_fields.values()
        if is_stored(spec)
        for row in index_rows(record, spec, unique=spec.is_unique or spec.is_exclusive)
    ]


def _batches(
    workspace: Workspace, *, lock: bool = False
) -> Iterator[tuple[Directory, ObjectSchema, list[RecordRow]]]:
    """All records of a workspace, a thousand at a time, each batch in a transaction of its own."""
    objects = ObjectType.objects.filter(workspace=workspace).order_by("id")
    for object_id in objects.values_list("id", flat=True):
        last = 0
        while True:
            with transaction.atomic():
                # Read for each batch: definitions may change between two of them.
                directory = get_directory(load_workspace(workspace.id))
                if object_id not in directory.objects:  # archived in the meantime
                    break
                schema = directory.schema(object_id)
                if lock:  # the definition first: every writer locks it before records
                    count_up(workspace.id, [object_id])
                rows = _read(schema, last, lock=lock)
                if rows:
                    yield directory, schema, rows
            if not rows:
                break
            last = rows[-1].id


def _read(schema: ObjectSchema, last: int, *, lock: bool) -> list[RecordRow]:
    if lock:
        # Locked first and read after, so what others have just committed is included.
        keys = Record.objects.select_for_update(of=("self",)).filter(
            workspace_id=schema.workspace_id, object_id=schema.id, id__gt=last
        )
        list(keys.order_by("id").values_list("id", flat=True)[:BATCH])
    rows = fetch(
        f"SELECT {record_columns('r')} FROM records_record r WHERE r.workspace_id = %s AND "
        "r.object_id = %s"
        f" AND r.id > %s ORDER BY r.id LIMIT {BATCH}",
        [schema.workspace_id, schema.id, last],
    )
    return [read_record(row) for row in rows]


_TYPED = ("text", "number", "moment", "option", "related_record", "member", "attachment")


class _Entry(NamedTuple):
    """An index row, in the form in which stored and expected ones are compared."""

    field_id: int
    position: int
    column: str
    value: Any
    overflow: str | None
    unique_key: str | None
    live: bool


def _check_index(schema: ObjectSchema, rows: list[RecordRow]) -> Iterator[Difference]:
    stored = _stored_index(schema, rows)
    for record in rows:
        expected = {_expected_entry(row) for row in expected_index(schema, record)}
        # As texts, because values of different types do not compare.
        for entry in sorted(stored[record.id] ^ expected, key=str):
            side = "is missing from" if entry in expected else "should not be in"
            place = f"{_field_name(schema, entry.field_id)}[{entry.position}]"
            yield Difference(
                schema.name, record.uuid, f"index: {place} = {entry.value!r} {side} the index"
            )


def _stored_index(schema: ObjectSchema, rows: list[RecordRow]) -> dict[int, set[_Entry]]:
    """The index rows of these records, by record."""
    chosen, params = in_ids("record_id", [row.id for row in rows])
    stored: dict[int, set[_Entry]] = {row.id: set() for row in rows}
    for record_id, field_id, position, overflow, unique_key, live, *cells in fetch(
        f"SELECT record_id, field_id, position, overflow, unique_key, live, {', '.join(_TYPED)}"
        f" FROM records_fieldvalue WHERE workspace_id = %s AND {chosen}",
        [schema.workspace_id, *params],
    ):
        held = ((name, cell) for name, cell in zip(_TYPED, cells, strict=True) if cell is not None)
        # A row without any value is compared as it is, and reported.
        column, value = next(held, ("", None))
        entry = _Entry(
            field_id, position, column, _comparable(column, value), overflow, unique_key, bool(live)
        )
        stored[record_id].add(entry)
    return stored


def _expected_entry(row: IndexRow) -> _Entry:
    value = _comparable(row.column, row.value)
    live = row.record.state == RecordState.ACTIVE
    return _Entry(row.field_id, row.position, row.column, value, row.overflow, row.unique_key, live)


def _field_name(schema: ObjectSchema, field_id: int) -> str:
    """The field's API name; its key where the object has no such field."""
    return schema.all_fields[field_id].name if field_id in schema.all_fields else str(field_id)


def _comparable(column: str, value: Any) -> Any:
    if column == "number":
        # Engines return equal numbers with different numbers of digits.
        return Decimal(str(value)).normalize()
    return moment(value) if column == "moment" else value


# Columns of the record that its ledger rows repeat, with the value after each write.
_BOTH = (
    "state",
    "cancelled_at",
    "external_source",
    "external_id",
    "member_id",
    "owner_id",
    "assignment_task_id",
    "merged_into",
)


@dataclass(slots=True)
class _Replayed:
    """One record as its ledger describes it: its values, the versions found, the columns of the
    last row."""

    values: dict[str, Any] = dataclass_field(default_factory=dict)
    versions: list[int] = dataclass_field(default_factory=list)
    columns: Row = ()
    torn: bool = False

    def add(self, version: int, changes: Mapping[str, list[Any]], columns: Row) -> None:
        """Apply the next row."""
        self.versions.append(version)
        self.columns = columns
        for key, (old, new) in changes.items():
            # A row must begin with the value that the row before it left.
            self.torn = self.torn or self.values.get(key) != old
            if new is None:
                self.values.pop(key, None)
            else:
                self.values[key] = new


def _check_ledger(schema: ObjectSchema, rows: list[RecordRow]) -> Iterator[Difference]:
    """Replaying the ledger from empty yields the document, and its rows are numbered without
    gaps."""
    chosen, params = in_ids("id", [row.id for row in rows])
    replayed = {row.id: _Replayed() for row in rows}
    for record_id, version, changes, *columns in fetch(
        f"SELECT id, version, changes, {', '.join(_BOTH)} FROM records_historicalrecord"
        f" WHERE workspace_id = %s AND {chosen} ORDER BY id, version",
        [schema.workspace_id, *params],
    ):
        replayed[record_id].add(version, document(changes), tuple(columns))
    for record in rows:
        for what in _compare(schema, record, replayed[record.id]):
            yield Difference(schema.name, record.uuid, f"ledger: {what}")


def _compare(schema: ObjectSchema, record: RecordRow, replayed: _Replayed) -> Iterator[str]:
    if replayed.versions != list(range(1, record.version + 1)):
        yield f"{len(replayed.versions)} rows, version {record.version}"
    if replayed.values != record.values:
        keys = _differing_keys(replayed.values, record.values)
        yield (
            "replaying it differs in "
            f"{', '.join(sorted(_field_name(schema, int(key)) for key in keys))}"
        )
    if replayed.torn:
        yield "a row's old values are not those that the row before it left"
    # Without any row there are no columns to compare; the versions report that.
    for name, noted in zip(_BOTH, replayed.columns, strict=False):
        held = getattr(record, name)
        if held != (moment(noted) if name.endswith("_at") else noted):
            yield f"{name} is {noted} there, {held} in the record"


def _differing_keys(replayed: Mapping[str, Any], held: Mapping[str, Any]) -> set[str]:
    return {key for key in replayed.keys() | held.keys() if replayed.get(key) != held.get(key)}


def _check_names(
    directory: Directory, schema: ObjectSchema, rows: list[RecordRow]
) -> Iterator[Difference]:
    chosen, params = in_ids("id", [row.id for row in rows])
    stored = fetch(
        f"SELECT id, display_key FROM records_record WHERE workspace_id = %s AND {chosen}",
        [schema.workspace_id, *params],
    )
    keys: dict[int, str] = dict(stored)
    for row, name in zip(rows, derived_names(directory, schema, rows), strict=True):
        for what in _compare_names(
            schema, row, name, keys.get(row.id), directory.workspace.language
        ):
            yield Difference(schema.name, row.uuid, f"record: {what}")


def _compare_names(
    schema: ObjectSchema, row: RecordRow, name: str, key: str | None, language: str
) -> Iterator[str]:
    """What the record's columns repeat of its values, and how they differ from these. `name`: the
    one these make."""
    if key != display_key(row.display_name, language):
        yield f"display key is {key!r}"
    # In the trash, a record gives its identifier up to others.
    if row.identifier != (
        None if row.state == RecordState.DELETED else identifier_of(schema, row.values)
    ):
        yield f"identifier is {row.identifier!r}"
    if row.display_name != name:
        yield f"display name is {row.display_name!r}"
    owner = schema.owner_field
    if owner is not None and row.owner_id != row.values.get(str(owner.id)):
        yield f"owner is {row.owner_id}"
