"""Values that name members and records by primary key, put into the form that all interfaces share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from records.field_types import FieldSpec

from .access import Author, find_field
from .object_schema import ObjectSchema
from .sql import fetch, in_ids, uuid_text
from .values import FieldEntry

NOBODY = str(UUID(int=0))  # the id of nothing: what is unknown is refused where everything else is
MAX_KEY = 2**63
KEYED = ("member", "related_record")


def entries_of(author: Author, schema: ObjectSchema, records: Sequence[Mapping[str, Any]]) -> list[list[FieldEntry]]:
    """Field entries for `{slug: value}` of several records; keys of records are looked up for all of them at once."""
    specs = {slug: find_field(author, schema, slug) for values in records for slug in values}
    keyed = {slug: spec for slug, spec in specs.items() if spec is not None and spec.type.column in KEYED}
    if not keyed:
        return [[FieldEntry(name=slug, value=value) for slug, value in values.items()] for values in records]
    known = {slug: uuids_of(author, spec, _sent(records, slug)) for slug, spec in keyed.items()}
    return [
        [FieldEntry(name=slug, value=_named(value, known.get(slug))) for slug, value in values.items()]
        for values in records
    ]


def uuids_of(author: Author, spec: FieldSpec, keys: Iterable[int]) -> dict[int, str]:
    """The UUIDs of the members, or of the related object's records, with these primary keys."""
    wanted = {key for key in keys if 0 < key < MAX_KEY}
    if spec.type.column == "member":
        return {key: member.uuid for key, member in author.directory.members(wanted).items()}
    if not wanted:
        return {}
    chosen, params = in_ids("id", wanted)
    rows = fetch(
        f"SELECT id, uuid FROM records_record WHERE workspace_id = %s AND object_id = %s AND {chosen}",
        [author.workspace.id, spec.related_object_id, *params],
    )
    return {row[0]: uuid_text(row[1]) for row in rows}


def _sent(records: Iterable[Mapping[str, Any]], slug: str) -> list[int]:
    """The primary keys that a field's values name."""
    found = []
    for values in records:
        value = values.get(slug)
        for item in value if isinstance(value, list) else [value]:
            key = item.get("id") if isinstance(item, dict) else item
            if type(key) is int:
                found.append(key)
    return found


def _named(value: Any, known: Mapping[int, str] | None) -> Any:
    """The value with UUIDs in the place of primary keys."""
    if known is None:
        return value
    if isinstance(value, list):
        return [_named(item, known) for item in value]
    key = value.get("id") if isinstance(value, dict) else value
    return known.get(key, NOBODY) if type(key) is int else value
