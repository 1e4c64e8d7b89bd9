"""Removing records for good: the record, its values, its history, and every trace of them elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from records.models import Attachment, Field, FieldValue, Record

from .access import Author
from .directory import schema_in_any_state
from .effects import Effects
from .locked import LockedRecords
from .object_schema import ObjectSchema
from .record_rows import RecordRow, Stamp, lock_records
from .sql import document, execute, fetch, for_delete, in_ids
from .stores import erase_copies
from .traces import Erased, remove_later

BATCH = 1000


def erase_records(author: Author, schema: ObjectSchema, stamp: Stamp, records: Sequence[RecordRow]) -> list[RecordRow]:
    """Remove records whose tombstones are stored; the records of the same object that lost a link to them.

    Called by the write path alone, which holds the transaction and the locks.
    """
    ids = [row.id for row in records]
    chosen, params = in_ids("r.id", ids)
    # Those who are linking to these finish first; from here on nobody finds them any more.
    fetch(
        f"SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND {chosen} ORDER BY r.id{for_delete('r')}",
        [stamp.workspace_id, *params],
    )
    unlinked = list(_unlink(author, schema, set(ids)))
    held = _ever_held(stamp.workspace_id, ids)
    _remove_companions(stamp.workspace_id, ids)
    for table, key, more in (
        ("records_fieldvalue", "record_id", ""),
        ("records_historicalrecord", "id", " AND action <> 'deleted'"),
        ("records_record", "id", ""),
    ):
        chosen, params = in_ids(key, ids)
        execute(f"DELETE FROM {table} WHERE workspace_id = %s AND {chosen}{more}", [stamp.workspace_id, *params])
    erase_copies(Erased(stamp.workspace_id, schema, tuple(records), tuple(row.uuid for _, row in unlinked), held))
    return [row for object_id, row in unlinked if object_id == schema.id]


def _ever_held(workspace_id: int, record_ids: Collection[int]) -> tuple[Any, ...]:
    """Every value in the ledger of the records."""
    chosen, params = in_ids("id", record_ids)
    rows = fetch(
        f"SELECT changes FROM records_historicalrecord WHERE workspace_id = %s AND {chosen}", [workspace_id, *params]
    )
    return tuple(document(row[0]) for row in rows)


def _remove_companions(workspace_id: int, record_ids: Collection[int]) -> None:
    """Whatever stands beside the records: files, activities, addresses, …"""
    files = Attachment.objects.filter(workspace_id=workspace_id, record_id__in=record_ids)
    for name in files.values_list("file", flat=True):
        remove_later(name)
    for relation in Record._meta.related_objects:
        model = relation.related_model
        if model is not FieldValue and not isinstance(model, str):
            rows = model._base_manager.filter(workspace_id=workspace_id)
            rows.filter(**{f"{relation.field.name}__in": record_ids}).delete()


def _unlink(author: Author, schema: ObjectSchema, doomed: AbstractSet[int]) -> Iterator[tuple[int, RecordRow]]:
    """Take the links to these records out of all others, whatever state those are in; each with its object's key.

    That is the system's doing, so nobody's rights on the others matter; each has a ledger row that says so.
    """
    author = replace(author, reason="A linked record was deleted permanently")
    for object_id, field_ids in _linking_fields(schema).items():
        linking = schema_in_any_state(author.directory, object_id)
        last = 0
        while found := _find_linking(linking, field_ids, doomed, last):
            yield from ((object_id, row) for row in _clear_links(author, linking, field_ids, doomed, found))
            last = found[-1]


def _linking_fields(schema: ObjectSchema) -> dict[int, list[int]]:
    """The fields that store links to the object's records, by their objects."""
    fields = Field.objects.filter(workspace_id=schema.workspace_id, related_object_id=schema.id, mirror_of=None)
    found: dict[int, list[int]] = {}
    for object_id, field_id in fields.filter(deleted_at=None).order_by("object_id").values_list("object_id", "id"):
        found.setdefault(object_id, []).append(field_id)
    return found


def _find_linking(schema: ObjectSchema, field_ids: Sequence[int], doomed: AbstractSet[int], last: int) -> list[int]:
    """The next records, by key, that link to these."""
    fields, field_params = in_ids("v.field_id", field_ids)
    targets, target_params = in_ids("v.related_record", doomed)
    part = (
        "SELECT v.record_id FROM records_fieldvalue v"
        f" WHERE v.workspace_id = %s AND {fields} AND {targets} AND v.record_id > %s AND "
    )
    params = [schema.workspace_id, *field_params, *target_params, last]
    # An index serves what is live, and another what is not.
    rows = fetch(f"{part}v.live UNION {part}NOT v.live ORDER BY 1 LIMIT {BATCH}", [*params, *params])
    return [row[0] for row in rows]


def _clear_links(
    author: Author, schema: ObjectSchema, field_ids: Sequence[int], doomed: AbstractSet[int], record_ids: Sequence[int]
) -> list[RecordRow]:
    effects = Effects(author, schema, LockedRecords(schema), {}, alone=False)
    cleared = []
    for row in lock_records(schema, in_ids("r.id", record_ids)):
        if row.id not in doomed:
            effects.load_names([row])
            effects.apply(row, _without(row.values, field_ids, doomed), "updated")
            cleared.append(row)
    effects.store()
    return cleared


def _without(values: Mapping[str, Any], field_ids: Sequence[int], doomed: AbstractSet[int]) -> dict[str, Any]:
    left = dict(values)
    for key in map(str, field_ids):
        stored = left.pop(key, None)
        kept = [item for item in stored if item not in doomed] if isinstance(stored, list) else stored
        if kept and (isinstance(kept, list) or kept not in doomed):
            left[key] = kept
    return left
