"""Writing the texts of the index anew where a workspace sorts them by another language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from records.models import ObjectType
from records.services.catalogue import (
    Directory,
    ObjectSchema,
    display_key,
    is_stored,
    schema_in_any_state,
)
from records.services.database import fetch, fetch_keys, in_ids, update_each

from .rows import RecordRow, index_rows, read_record, record_columns


def rewrite_texts(directory: Directory) -> None:
    """Bring the workspace's texts into the form of its language, in the open transaction, which
    holds all its writers off: readers find either all texts in the old form or all in the new one.

    Unique values and documents stay as they are.
    """
    workspace_id = directory.workspace.id
    objects = ObjectType.objects.filter(workspace_id=workspace_id).order_by("id")
    for object_id in objects.values_list("id", flat=True):
        schema = schema_in_any_state(directory, object_id)
        source = "SELECT id FROM records_record WHERE workspace_id = %s AND object_id = %s"
        for ids in fetch_keys(source, [workspace_id, object_id], "id"):
            _rewrite(schema, directory.workspace.language, ids)


def _rewrite(schema: ObjectSchema, language: str, ids: list[int]) -> None:
    workspace_id = schema.workspace_id
    chosen, params = in_ids("id", ids)
    rows = fetch(
        f"SELECT {record_columns('r')}, r.display_key FROM records_record r WHERE "
        f"r.workspace_id = %s AND r.{chosen}",
        [workspace_id, *params],
    )
    records = [(read_record(row), row[-1]) for row in rows]
    update_each(
        "records_record",
        {"id": "bigint"},
        ("display_key",),
        workspace_id,
        [
            (record.id, key)
            for record, stored in records
            if (key := display_key(record.display_name, language)) != stored
        ],
    )
    held = _texts(workspace_id, ids)
    update_each(
        "records_fieldvalue",
        {"record_id": "bigint", "field_id": "bigint", "position": "int"},
        ("text", "overflow"),
        workspace_id,
        [
            (*place, *texts)
            for record, _ in records
            for place, texts in _expected(schema, record)
            if held.get(place, texts) != texts
        ],
    )


_Place = tuple[int, int, int]
_Texts = tuple[str, str | None]


def _texts(workspace_id: int, ids: list[int]) -> dict[_Place, _Texts]:
    """The texts that the index holds of these records, each with the whole of a long one."""
    chosen, params = in_ids("record_id", ids)
    rows: list[Any] = fetch(
        "SELECT record_id, field_id, position, text, overflow FROM records_fieldvalue"
        f" WHERE workspace_id = %s AND {chosen} AND text IS NOT NULL",
        [workspace_id, *params],
    )
    return {(record, field, at): (text, overflow) for record, field, at, text, overflow in rows}


def _expected(schema: ObjectSchema, record: RecordRow) -> Iterator[tuple[_Place, _Texts]]:
    for spec in schema.all_fields.values():
        if spec.type.column == "text" and is_stored(spec):
            for row in index_rows(record, spec, unique=False):
                yield (record.id, row.field_id, row.position), (row.value, row.overflow)
