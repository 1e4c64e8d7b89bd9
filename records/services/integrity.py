"""Proving that documents, index and ledger agree, and rebuilding the index from the documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from records.models import ObjectType, Record, RecordState, Workspace

from .definition_versions import count_up
from .dependents import load_display_names
from .directory import Directory, get_directory, load_workspace
from .naming import display_key, display_name, identifier_of
from .object_schema import ObjectSchema
from .record_rows import IndexRow, RecordRow, index_rows, read_record, record_columns
from .sql import Row, document, execute, fetch, in_ids, is_postgresql, moment
from .storage import refresh_after, replace_index
from .stored_files import check_files
from .values import is_stored

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where what is derived differs from the document, or the ledger from either."""

    object_name: str
    record_uuid: str
    what: str


def check_records(workspace: Workspace) -> Iterator[Difference]:
    """Everything that differs in a workspace: document and index, document and ledger, record and files.

    Writers may be at work meanwhile: what is compared is of one moment.
    """
    with _one_moment():
        for directory, schema, rows in _batches(workspace):
            yield from _check_index(schema, rows)
            yield from _check_ledger(schema, rows)
            yield from _check_names(directory, schema, rows)
        yield from _check_strays(workspace)
    for row, what in check_files(workspace):  # outside of the snapshot, which would show files as they were
        about = row.record
        yield Difference(*(("", "") if about is None else (about.object.name, str(about.uuid))), f"file: {what}")


@contextmanager
def _one_moment() -> Iterator[None]:
    """A snapshot on PostgreSQL. On SQLite each batch is a transaction that holds writers off, and that is enough."""
    if not is_postgresql() or connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def reindex(workspace: Workspace) -> int:
    """Rebuild the typed index from the documents; the number of records.

    What searches counted by the old index is forgotten with each batch: it goes with the version of the definitions.
    """
    count = 0
    for _, schema, rows in _batches(workspace, lock=True):
        replace_index(schema, rows, [row for record in rows for row in expected_index(schema, record)])
        count += len(rows)
    with transaction.atomic():
        count_up(workspace.id, list(ObjectType.objects.filter(workspace=workspace).values_list("id", flat=True)))
        execute(f"DELETE FROM records_fieldvalue WHERE {_STRAY.format(key='record_id')}", [workspace.id, workspace.id])
    refresh_after(count)
    return count


_TOMBSTONE = "history_type = '-' AND action = 'deleted' AND state = 'deleted'"
_STRAY = "workspace_id = %s AND {key} NOT IN (SELECT r.id FROM records_record r WHERE r.workspace_id = %s)"


def _check_strays(workspace: Workspace) -> Iterator[Difference]:
    """Index and ledger rows of records that are not there; one deleted for good leaves a tombstone and no more."""
    for part, table, key, more in (
        ("index", "records_fieldvalue", "record_id", ""),
        ("ledger", "records_historicalrecord", "id", f" AND NOT ({_TOMBSTONE})"),
    ):
        stray = f"SELECT DISTINCT {key} FROM {table} WHERE {_STRAY.format(key=key)}{more}"
        for (record,) in fetch(stray, [workspace.id, workspace.id]):
            yield Difference("", "", f"{part}: rows of record {record}, which does not exist")
    dangling = (
        "SELECT DISTINCT v.record_id, v.related_record FROM records_fieldvalue v JOIN records_field f"
        " ON f.id = v.field_id AND f.deleted_at IS NULL WHERE v.related_record IS NOT NULL"
        f" AND v.{_STRAY.format(key='v.related_record')}"
    )
    for record, related in fetch(dangling, [workspace.id, workspace.id]):
        yield Difference("", "", f"index: record {record} links to record {related}, which does not exist")
    graves = (
        f"SELECT id FROM records_historicalrecord WHERE workspace_id = %s AND {_TOMBSTONE} AND (external_id IS NOT NULL"
        " OR member_id IS NOT NULL OR owner_id IS NOT NULL OR id IN"
        " (SELECT r.id FROM records_record r WHERE r.workspace_id = %s))"
    )
    for (record,) in fetch(graves, [workspace.id, workspace.id]):
        yield Difference("", "", f"ledger: the tombstone of record {record} tells something, or the record is there")


def expected_index(schema: ObjectSchema, record: RecordRow) -> list[IndexRow]:
    """The index rows a record's document calls for; those of a deleted field go when its values do."""
    return [
        row
        for spec in schema.all_fields.values()
        if is_stored(spec)
        for row in index_rows(record, spec, unique=spec.is_unique or spec.relation_kind == "one_to_one")
    ]


def _batches(workspace: Workspace, *, lock: bool = False) -> Iterator[tuple[Directory, ObjectSchema, list[RecordRow]]]:
    """All records of a workspace, a thousand at a time, each batch in a transaction of its own."""
    objects = ObjectType.objects.filter(workspace=workspace).order_by("id")
    for object_id in objects.values_list("id", flat=True):
        last = 0
        while True:
            with transaction.atomic():
                directory = get_directory(load_workspace(workspace.id))
                if object_id not in directory.objects:
                    break
                schema = directory.schema(object_id)
                if lock:  # the definition first, as everybody locks it before records
                    count_up(workspace.id, [object_id])
                rows = _read(schema, last, lock=lock)
                if rows:
                    yield directory, schema, rows
            if not rows:
                break
            last = rows[-1].id


def _read(schema: ObjectSchema, last: int, *, lock: bool) -> list[RecordRow]:
    if lock:
        keys = Record.objects.select_for_update(of=("self",)).filter(
            workspace_id=schema.workspace_id, object_id=schema.id, id__gt=last
        )
        list(keys.order_by("id").values_list("id", flat=True)[:BATCH])
    rows = fetch(
        f"SELECT {record_columns('r')} FROM records_record r WHERE r.workspace_id = %s AND r.object_id = %s"
        f" AND r.id > %s ORDER BY r.id LIMIT {BATCH}",
        [schema.workspace_id, schema.id, last],
    )
    return [read_record(row) for row in rows]


_TYPED = ("text", "number", "moment", "option", "related_record", "member", "attachment")


def _check_index(schema: ObjectSchema, rows: list[RecordRow]) -> Iterator[Difference]:
    chosen, params = in_ids("record_id", [row.id for row in rows])
    stored: dict[int, set[Any]] = {row.id: set() for row in rows}
    for row in fetch(
        f"SELECT record_id, field_id, position, {', '.join(_TYPED)}, overflow, unique_key, live"
        f" FROM records_fieldvalue WHERE workspace_id = %s AND {chosen}",
        [schema.workspace_id, *params],
    ):
        values = dict(zip(_TYPED, row[3:10], strict=True))
        column = next((name for name in _TYPED if values[name] is not None), "")
        stored[row[0]].add(
            (row[1], row[2], column, _comparable(column, values.get(column)), *row[10:12], bool(row[12]))
        )
    for record in rows:
        expected = {
            (
                row.field_id,
                row.position,
                row.column,
                _comparable(row.column, row.value),
                row.overflow,
                row.unique_key,
                record.state == "active",
            )
            for row in expected_index(schema, record)
        }
        for item in sorted(stored[record.id] ^ expected, key=str):
            side = "is missing from" if item in expected else "should not be in"
            name = schema.all_fields[item[0]].name if item[0] in schema.all_fields else str(item[0])
            yield Difference(schema.name, record.uuid, f"index: {name}[{item[1]}] = {item[3]!r} {side} the index")


def _comparable(column: str, value: Any) -> Any:
    if column == "number":
        return Decimal(str(value)).normalize()
    return moment(value) if column == "moment" else value


# Columns of the record that its ledger rows repeat, as each write left them.
_BOTH = ("state", "cancelled_at", "external_source", "external_id", "member_id", "owner_id", "assignment_task_id")


@dataclass(slots=True)
class _Replayed:
    """What the ledger makes of one record: its values, the versions met, the columns as they were last."""

    values: dict[str, Any] = dataclass_field(default_factory=dict)
    versions: list[int] = dataclass_field(default_factory=list)
    columns: Row = ()
    torn: bool = False

    def add(self, version: int, changes: Mapping[str, list[Any]], columns: Row) -> None:
        """The next row."""
        self.versions.append(version)
        self.columns = columns
        for key, (old, new) in changes.items():
            self.torn = self.torn or self.values.get(key) != old
            if new is None:
                self.values.pop(key, None)
            else:
                self.values[key] = new


def _check_ledger(schema: ObjectSchema, rows: list[RecordRow]) -> Iterator[Difference]:
    """Replaying the ledger from empty gives the document; its rows are numbered without a gap."""
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
    values = replayed.values
    if values != record.values:
        keys = {key for key in values.keys() | record.values.keys() if values.get(key) != record.values.get(key)}
        names = sorted(schema.all_fields[int(k)].name if int(k) in schema.all_fields else k for k in keys)
        yield f"replaying it differs in {', '.join(names)}"
    if replayed.torn:
        yield "a row begins with other values than the last one left"
    for name, noted in zip(_BOTH, replayed.columns, strict=False):
        held = getattr(record, name)
        if held != (moment(noted) if name.endswith("_at") else noted):
            yield f"{name} is {noted} there, {held} in the record"


def _check_names(directory: Directory, schema: ObjectSchema, rows: list[RecordRow]) -> Iterator[Difference]:
    related: set[int] = set()
    members: set[int] = set()
    for spec in schema.pattern_fields:
        for row in rows:
            stored = row.values.get(str(spec.id))
            items = stored if isinstance(stored, list) else [] if stored is None else [stored]
            (related if spec.type.column == "related_record" else members).update(
                item for item in items if isinstance(item, int)
            )
    names = load_display_names(schema.workspace_id, related)
    member_names = {key: member.name for key, member in directory.members(members).items()}
    owner = schema.owner_field
    chosen, params = in_ids("id", [row.id for row in rows])
    keys: dict[int, str] = dict(
        fetch(
            f"SELECT id, display_key FROM records_record WHERE workspace_id = %s AND {chosen}",
            [schema.workspace_id, *params],
        )
    )
    for row in rows:
        if keys.get(row.id) != display_key(row.display_name):
            yield Difference(schema.name, row.uuid, f"record: display key is {keys.get(row.id)!r}")
        named = None if row.state == RecordState.DELETED else identifier_of(schema, row.values)
        if row.identifier != named:
            yield Difference(schema.name, row.uuid, f"record: identifier is {row.identifier!r}")
        if row.display_name != display_name(schema, row.values, names, member_names):
            yield Difference(schema.name, row.uuid, f"record: display name is {row.display_name!r}")
        if owner is not None and row.owner_id != row.values.get(str(owner.id)):
            yield Difference(schema.name, row.uuid, f"record: owner is {row.owner_id}")
