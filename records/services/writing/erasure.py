"""Permanently deleting records: the record, its values, its history, and every trace of them
elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from django.db.models import Q

from records.models import Attachment, Field, MovedCompanion, Record
from records.services.access import Author, because
from records.services.catalogue import ObjectSchema, schema_in_any_state
from records.services.database import (
    document,
    execute,
    fetch,
    in_ids,
)
from records.services.retention import Erased, erase_copies, remove_later
from records.services.storage import RecordRow, Stamp

from .locking import lock_against_links
from .system_writes import rewrite_values

BATCH = 1000


def erase_records(
    author: Author, schema: ObjectSchema, stamp: Stamp, records: Sequence[RecordRow]
) -> list[RecordRow]:
    """Remove records whose tombstones are stored; the records that lost a link to them.

    Called by `batch` alone, which holds the transaction and the locks.
    """
    ids = [row.id for row in records]
    lock_against_links(stamp.workspace_id, ids)
    unlinked = list(_unlink(author, schema, set(ids)))
    # Before the ledger goes: the copies of these values elsewhere are found by them.
    held = _ever_held(stamp.workspace_id, ids)
    _remove_companions(stamp.workspace_id, ids)
    _delete_rows(stamp.workspace_id, ids)
    erase_copies(
        Erased(
            stamp.workspace_id, schema, tuple(records), tuple(row.uuid for row in unlinked), held
        )
    )
    return unlinked


def _delete_rows(workspace_id: int, record_ids: Collection[int]) -> None:
    """Delete the records and their history except the tombstones."""
    chosen, params = in_ids("id", record_ids)
    for table, more in (
        ("records_historicalrecord", " AND action <> 'deleted'"),
        ("records_record", ""),
    ):
        execute(
            f"DELETE FROM {table} WHERE workspace_id = %s AND {chosen}{more}",
            [workspace_id, *params],
        )


def _ever_held(workspace_id: int, record_ids: Collection[int]) -> tuple[Any, ...]:
    """Every value in the ledger of the records."""
    chosen, params = in_ids("id", record_ids)
    rows = fetch(
        f"SELECT changes FROM records_historicalrecord WHERE workspace_id = %s AND {chosen}",
        [workspace_id, *params],
    )
    return tuple(document(changes) for (changes,) in rows)


def _remove_companions(workspace_id: int, record_ids: Collection[int]) -> None:
    """Remove what belongs to the records: index rows, files, activities, addresses, …"""
    files = Attachment.objects.filter(workspace_id=workspace_id, record_id__in=record_ids)
    for name in files.values_list("file", flat=True):
        remove_later(name)  # after the commit: a rollback must keep the bytes
    moved = MovedCompanion.objects.filter(workspace_id=workspace_id)
    moved.filter(Q(source__in=record_ids) | Q(target__in=record_ids)).delete()
    for relation in Record._meta.related_objects:
        # The base manager: a default one may leave rows out.
        rows = relation.field.model._base_manager.filter(workspace_id=workspace_id)
        rows.filter(**{f"{relation.field.name}__in": record_ids}).delete()


def _unlink(author: Author, schema: ObjectSchema, doomed: AbstractSet[int]) -> Iterator[RecordRow]:
    """Take the links to these records out of all others: those that lost one."""
    author = because(author, "A linked record was deleted permanently")
    for object_id, field_ids in linking_fields(schema).items():
        linking = schema_in_any_state(author.directory, object_id)
        clear = partial(_without, field_ids=field_ids, doomed=doomed)
        last = 0
        while found := find_linking(linking, field_ids, doomed, last):
            # What is removed needs no version without the link.
            left = [key for key in found if key not in doomed]
            yield from rewrite_values(author, linking, left, clear)
            last = found[-1]


def linking_fields(schema: ObjectSchema) -> dict[int, list[int]]:
    """The fields that store links to the object's records, by their objects."""
    fields = Field.objects.filter(
        workspace_id=schema.workspace_id, related_object_id=schema.id, mirror_of=None
    )
    found: dict[int, list[int]] = {}
    for object_id, field_id in (
        fields.filter(deleted_at=None).order_by("object_id").values_list("object_id", "id")
    ):
        found.setdefault(object_id, []).append(field_id)
    return found


def find_linking(
    schema: ObjectSchema, field_ids: Sequence[int], doomed: AbstractSet[int], last: int
) -> list[int]:
    """The next records, by key, that link to these."""
    fields, field_params = in_ids("v.field_id", field_ids)
    targets, target_params = in_ids("v.related_record", doomed)
    part = (
        "SELECT v.record_id FROM records_fieldvalue v"
        f" WHERE v.workspace_id = %s AND {fields} AND {targets} AND v.record_id > %s AND "
    )
    params = [schema.workspace_id, *field_params, *target_params, last]
    # An index serves what is live, and another what is not.
    rows = fetch(
        f"{part}v.live UNION {part}NOT v.live ORDER BY 1 LIMIT {BATCH}", [*params, *params]
    )
    return [record_id for (record_id,) in rows]


def _without(row: RecordRow, field_ids: Sequence[int], doomed: AbstractSet[int]) -> dict[str, Any]:
    """The record's values without the links to these records; a field without other links is
    dropped."""
    left = dict(row.values)
    for key in map(str, field_ids):
        links = left.pop(key, None)
        if isinstance(links, list):
            kept = [item for item in links if item not in doomed]
            if kept:
                left[key] = kept
        elif links is not None and links not in doomed:
            left[key] = links
    return left
