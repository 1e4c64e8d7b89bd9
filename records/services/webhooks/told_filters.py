"""The objects and fields that a webhook's filter names.

What was archived or deleted since stays in the filter, or the filter would come to stand for all.
It is shown under a name that can be sent back, and can be named by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from records.exceptions import InvalidInput, quoted
from records.models import Field, ObjectType, Webhook
from records.services.access import Definer
from records.services.catalogue import FieldSpec, ObjectSchema

T = TypeVar("T")


class FilterNames(NamedTuple):
    """What the objects and fields of filters are called, by primary key."""

    objects: Mapping[int, str]
    fields: Mapping[int, str]


def filter_names(author: Definer, webhooks: Iterable[Webhook]) -> FilterNames:
    """The names of everything that these filters name: API names, `object.field`, and the id of a
    field that was deleted, whose name another may have by now. At most two statements."""
    rows = list(webhooks)
    objects = _objects(author, {key for row in rows for key in row.objects_told})
    fields = _fields(author, {key for row in rows for key in row.fields_told})
    return FilterNames(
        {row.pk: row.name for row in objects},
        {row.pk: _field_name(row) or str(row.uuid) for row in fields},
    )


def find_objects(author: Definer, names: Sequence[str], webhook: Webhook | None) -> list[int]:
    """Objects by API name or id: live ones, and those that the webhook's filter names already."""

    def live(name: str) -> int | None:
        row = author.directory.find_object(name)
        return None if row is None else row.id

    def kept() -> dict[str, int]:
        rows = [] if webhook is None else _objects(author, webhook.objects_told)
        return {name: row.pk for row in rows for name in (row.name, str(row.uuid))}

    def unknown(name: str, at: int) -> InvalidInput:
        return InvalidInput(
            f"there is no object {quoted(name)}.", "does_not_exist", at=("objects", at)
        )

    return _found(names, live, kept, unknown)


def find_fields(author: Definer, names: Sequence[str], webhook: Webhook | None) -> list[int]:
    """Fields by id, or by the names of their object and their own; also those that the webhook's
    filter names already."""

    def live(name: str) -> int | None:
        object_name, _, field_name = name.rpartition(".")
        if not object_name:
            return next((s.id for _, s in live_fields(author) if s.uuid == name.lower()), None)
        row = author.directory.find_object(object_name)
        found = None if row is None else author.directory.schema(row.id).by_name.get(field_name)
        return None if found is None else found.id

    def kept() -> dict[str, int]:
        rows = [] if webhook is None else _fields(author, webhook.fields_told)
        return {name: row.pk for row in rows for name in (_field_name(row), str(row.uuid)) if name}

    def unknown(name: str, at: int) -> InvalidInput:
        return InvalidInput(
            f"there is no field {quoted(name)}; send its id, or object.field.",
            "does_not_exist",
            at=("fields", at),
        )

    return _found(names, live, kept, unknown)


def live_fields(author: Definer) -> Iterable[tuple[ObjectSchema, FieldSpec]]:
    """Every field that is not deleted, of objects that are not archived."""
    for key in author.directory.objects:
        schema = author.directory.schema(key)
        for spec in schema.fields:
            yield schema, spec


def owners_of(author: Definer, fields: Iterable[int]) -> list[tuple[int, int, str]]:
    """Of each field its primary key, its object's, and its name with the object's."""
    rows = _fields(author, fields)
    return [(row.pk, row.object_id, f"{row.object.name}.{row.name}") for row in rows]


def _found(
    names: Sequence[str],
    live: Callable[[str], int | None],
    kept: Callable[[], Mapping[str, int]],
    unknown: Callable[[str, int], InvalidInput],
) -> list[int]:
    found: list[int] = []
    known: Mapping[str, int] | None = None
    for at, name in enumerate(names):
        key = live(name)
        if key is None:
            known = kept() if known is None else known
            key = known.get(name)
        if key is None:
            raise unknown(name, at)
        found.append(key)
    return found


def _objects(author: Definer, keys: Iterable[int]) -> list[ObjectType]:
    rows = ObjectType.objects.filter(workspace_id=author.workspace.id, id__in=set(keys))
    return list(rows)


def _fields(author: Definer, keys: Iterable[int]) -> list[Field]:
    rows = Field.objects.filter(workspace_id=author.workspace.id, id__in=set(keys))
    return list(rows.select_related("object"))


def _field_name(row: Field) -> str:
    """Empty for a field that was deleted."""
    return f"{row.object.name}.{row.name}" if row.deleted_at is None else ""
