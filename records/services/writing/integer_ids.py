"""Values as simple programs send them, members and records by primary key, put into the form that
all interfaces share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from records.field_types import FieldSpec
from records.services.access import Author, find_field
from records.services.catalogue import ObjectSchema
from records.services.database import fetch, in_ids, uuid_text

from .values import FieldEntry

# The id of nothing: unknown keys are refused like any UUID that does not exist.
NOBODY = str(UUID(int=0))
MAX_KEY = 2**63
KEYED = ("member", "record")  # what callers may name by primary key


def entries_of(
    author: Author, schema: ObjectSchema, records: Sequence[Mapping[str, Any]]
) -> list[list[FieldEntry]]:
    """Field entries for plain `{slug: value}` of several records; keys of records are looked up for
    all of them at once."""
    specs = _fields(author, schema, records)
    keyed = {slug: spec for slug, spec in specs.items() if spec.type.refers_to in KEYED}
    read = {slug: spec.type.from_plain for slug, spec in specs.items()}
    known = {slug: uuids_of(author, spec, _sent(records, slug)) for slug, spec in keyed.items()}
    return [
        [
            FieldEntry(name=slug, value=_named(read.get(slug, _same)(value), known.get(slug)))
            for slug, value in values.items()
        ]
        for values in records
    ]


def with_uuids(author: Author, spec: FieldSpec, values: Sequence[Any]) -> list[Any]:
    """Values of a field of members or records, with UUIDs in the place of primary keys."""
    known = uuids_of(author, spec, _sent([{spec.name: value} for value in values], spec.name))
    return [_named(value, known) for value in values]


def _fields(
    author: Author, schema: ObjectSchema, records: Iterable[Mapping[str, Any]]
) -> dict[str, FieldSpec]:
    """The fields, by slug, that values are sent for."""
    return {
        slug: spec
        for slug in dict.fromkeys(chain.from_iterable(records))
        if (spec := find_field(author, schema, slug)) is not None
    }


def uuids_of(author: Author, spec: FieldSpec, keys: Iterable[int]) -> dict[int, str]:
    """The UUIDs of the members, or of the related object's records, with these primary keys."""
    # A key beyond 64 bits would fail in the database.
    wanted = {key for key in keys if 0 < key < MAX_KEY}
    if spec.type.refers_to == "member":
        return {key: member.uuid for key, member in author.directory.members(wanted).items()}
    if not wanted:
        return {}
    chosen, params = in_ids("id", wanted)
    rows = fetch(
        "SELECT id, uuid FROM records_record WHERE workspace_id = %s AND object_id = %s AND "
        f"{chosen}",
        [author.workspace.id, spec.related_object_id, *params],
    )
    return {key: uuid_text(uuid) for key, uuid in rows}


def _sent(records: Iterable[Mapping[str, Any]], slug: str) -> list[int]:
    """The primary keys that a field's values name."""
    found = []
    for values in records:
        value = values.get(slug)
        keys = map(_key_in, value if isinstance(value, list) else [value])
        found += [key for key in keys if key is not None]
    return found


def _key_in(item: Any) -> int | None:
    """The primary key in an item of a value: the item itself, or its `id`; booleans are not
    keys."""
    key = item.get("id") if isinstance(item, dict) else item
    return key if type(key) is int else None


def _same(value: Any) -> Any:
    return value


def _named(value: Any, known: Mapping[int, str] | None) -> Any:
    """The value with UUIDs in the place of primary keys."""
    if known is None:
        return value
    if isinstance(value, list):
        return [_named(item, known) for item in value]
    key = _key_in(value)
    return value if key is None else known.get(key, NOBODY)
