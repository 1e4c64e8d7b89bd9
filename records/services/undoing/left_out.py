"""What an undo has left as it was: named, with what it is now and who made it so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from records.field_types import FieldSpec
from records.models import Job
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.database import Row, fetch, fetch_value, in_ids, uuid_text
from records.services.reading import (
    WRITE_COLUMNS,
    HistoryEntry,
    RecordView,
    WriteRow,
    history_entries,
    view_records,
)
from records.services.storage import read_record, record_columns

from .operation_rows import LEDGER, Sight, first_key, sight_of, touched_objects
from .undo_plans import Left

DETAILS = {
    "changed_since": "It has been changed since; mode force sets it anyway.",
    "deleted_permanently": "The record was deleted permanently.",
    "file": "Files that were added or removed are left as they are.",
    "field_deleted": "The field has been deleted.",
    "read_only": "The field is read-only.",
    "permission_required": "You may not change this.",
    "does_not_exist": "What the former value names does not exist any more.",
    "unique": "Another record has the former value.",
    "required": "The field was blank, and is required by now.",
    "archived": "The record is archived.",
    "in_trash": "The record is in the trash.",
    "cancelled": "The record is cancelled.",
    "merged": "The record has been merged into another one.",
    "has_merged": "Other records were merged into it since; undo that first.",
    "survivor_gone": "The record that it was merged into is not there any more.",
}
REFUSED = "The former value, or the record's former state, is refused today."


@dataclass(frozen=True, slots=True)
class LeftView:
    """A field, or with `field` None a whole record, that was left; `value` is what it is now,
    `since` the write that made it so."""

    schema: ObjectSchema
    record_uuid: str
    name: str
    field: FieldSpec | None
    code: str
    value: Any = None
    since: HistoryEntry | None = None

    @property
    def detail(self) -> str:
        """Why it was left, in a sentence."""
        return DETAILS.get(self.code, REFUSED)


class _LeftRow(NamedTuple):
    object_id: int
    record_id: int
    field_id: int | None
    code: str


def list_left(
    author: Author, operation: UUID, *, offset: int, limit: int
) -> tuple[int, list[LeftView]]:
    """How much an undo has left, of what the author sees, and some of it."""
    job = Job.objects.filter(
        workspace_id=author.workspace.id, operation_id=operation, kind="undo"
    ).first()
    if job is None:
        return 0, []
    sight = sight_of(author)
    source, params = _left_rows(sight, job.pk)
    count = int(fetch_value(f"SELECT count(*) {source}", params))
    rows = [
        _LeftRow._make(row)
        for row in fetch(
            f"SELECT h.object_id, h.id, h.field, h.code {source} ORDER BY h.left_id"
            " LIMIT %s OFFSET %s",
            [*params, limit, offset],
        )
    ]
    if not rows:
        return count, []
    # What was left was written by the operation, or since.
    undone = UUID(job.result["undoes"])
    touched = touched_objects(author.workspace.id, undone)
    first = first_key(author.workspace.id, undone, touched)
    return count, _views(sight, rows, first)


def _left_rows(sight: Sight, job_id: int) -> tuple[str, list[Any]]:
    """What a job has left, under the names of the ledger's columns, as far as it is in sight."""
    seen, params = sight.condition("h")
    hidden, more = in_ids("h.field", sight.author.role.hidden_fields or [0])
    return (
        "FROM (SELECT l.id AS left_id, l.object AS object_id, l.record AS id, l.field, l.code"
        " FROM records_leftout l WHERE l.workspace_id = %s AND l.job_id = %s) h"
        f" WHERE {seen} AND (h.field IS NULL OR NOT {hidden})"
    ), [sight.author.workspace.id, job_id, *params, *more]


def _views(sight: Sight, rows: Sequence[_LeftRow], first: int) -> list[LeftView]:
    """What was left, as it is now: four queries for each object."""
    by_object: dict[int, list[_LeftRow]] = {}
    for row in rows:
        by_object.setdefault(row.object_id, []).append(row)
    made: dict[_LeftRow, LeftView] = {}
    for object_id, left in by_object.items():
        made.update(_views_of(sight.author, sight.schemas[object_id], left, first))
    return [made[row] for row in rows]


def _views_of(
    author: Author, schema: ObjectSchema, left: Sequence[_LeftRow], first: int
) -> dict[_LeftRow, LeftView]:
    records = {row.record_id for row in left}
    fields = [
        schema.by_id[key] for key in {row.field_id for row in left} if key and key in schema.by_id
    ]
    now = _records_now(author, schema, records, fields)
    since = _newest_writes(author, schema, left, first)
    gone = _uuids_of_gone(author, records - now.keys())
    views = {}
    for row in left:
        view = now.get(row.record_id)
        spec = schema.all_fields.get(row.field_id) if row.field_id else None
        views[row] = LeftView(
            schema,
            gone.get(row.record_id, "") if view is None else view.uuid,
            "" if view is None else view.display_name,
            spec,
            row.code,
            None if view is None or spec is None else view.values.get(spec.id),
            since.get(row),
        )
    return views


def _records_now(
    author: Author, schema: ObjectSchema, records: Iterable[int], fields: Sequence[FieldSpec]
) -> Mapping[int, RecordView]:
    chosen, params = in_ids("r.id", records)
    rows = fetch(
        f"SELECT {record_columns('r')} FROM records_record r WHERE r.workspace_id = %s"
        f" AND {chosen}",
        [author.workspace.id, *params],
    )
    views = view_records(author, schema, list(map(read_record, rows)), fields)
    return {view.row.id: view for view in views}


def _newest_writes(
    author: Author, schema: ObjectSchema, left: Sequence[_LeftRow], first: int
) -> dict[_LeftRow, HistoryEntry]:
    """The newest write to each field, or to each record, that was left, from a row of the ledger
    on."""
    chosen, params = in_ids("h.id", {row.record_id for row in left})
    rows = fetch(
        f"SELECT h.id, {WRITE_COLUMNS} FROM {LEDGER} h WHERE h.workspace_id = %s AND {chosen}"
        " AND h.history_id >= %s ORDER BY h.history_id DESC",
        [author.workspace.id, *params, first],
    )
    writes: dict[int, list[WriteRow]] = {}
    for record_id, *columns in rows:
        writes.setdefault(record_id, []).append(WriteRow._make(columns))
    found = {
        row: write
        for row in left
        if (write := _newest(writes.get(row.record_id, ()), row.field_id)) is not None
    }
    entries = history_entries(author, schema, list(found.values()))
    return dict(zip(found, entries, strict=True))


def _newest(writes: Iterable[WriteRow], field_id: int | None) -> WriteRow | None:
    key = None if field_id is None else f'"{field_id}"'
    for write in writes:
        # Looked for in the text, where it is one: most rows need not be read.
        if key is None or key in _text(write.changes):
            return write
    return None


def _text(changes: Any) -> str:
    if isinstance(changes, str):
        return changes
    return " ".join(f'"{key}"' for key in changes)


def _uuids_of_gone(author: Author, records: Iterable[int]) -> dict[int, str]:
    """The UUIDs of records that are no more, by their tombstones."""
    wanted = list(records)
    if not wanted:
        return {}
    chosen, params = in_ids("h.id", wanted)
    rows: list[Row] = fetch(
        f"SELECT h.id, h.uuid FROM {LEDGER} h WHERE h.workspace_id = %s AND {chosen}",
        [author.workspace.id, *params],
    )
    return {key: uuid_text(uuid) for key, uuid in rows}


def reasons_of(workspace_id: int, left: Sequence[Left]) -> list[dict[str, Any]]:
    """What was left, as the failures of a job."""
    if not left:
        return []
    chosen, params = in_ids("id", {each.record_id for each in left})
    rows = fetch(
        f"SELECT id, uuid FROM records_record WHERE workspace_id = %s AND {chosen}",
        [workspace_id, *params],
    )
    uuids = {key: uuid_text(uuid) for key, uuid in rows}
    return [
        {
            "record_id": uuids.get(each.record_id, ""),
            "code": each.code,
            "detail": DETAILS.get(each.code, REFUSED),
        }
        for each in left
    ]
