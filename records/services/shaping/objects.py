"""The objects of a workspace as rows of a list; archiving them, and bringing them back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.utils import timezone

from records.exceptions import InvalidInput, NotAllowed, NotFound, quoted
from records.models import ObjectType
from records.services.access import Author, Definer, defining
from records.services.catalogue import read_uncommitted, touch
from records.services.storage import rename_records

ORDERINGS = ("object_name", "entity_name", "name", "object_type", "created")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as a list of objects shows it."""

    id: int
    uuid: str
    name: str
    object_name: str
    entity_name: str
    object_type: str
    description: str
    is_custom: bool
    display_pattern: str
    default_color: str
    default_icon: str
    is_archived: bool
    created: datetime


def list_objects(
    author: Author,
    *,
    custom_only: bool = True,
    archived: bool = False,
    search: str = "",
    ordering: Iterable[str] = (),
) -> list[ObjectInfo]:
    """The objects the author may do something with, oldest first; the archived ones instead for
    those who define.

    `search` is a part of a label or API name; `ordering` names columns, with `-` in front for
    descending.
    """
    if archived and not author.may_define:
        return []
    rows = ObjectType.objects.filter(
        workspace_id=author.workspace.id, archived_at__isnull=not archived
    )
    if custom_only:
        rows = rows.filter(is_custom=True)
    sought = search.strip().casefold()
    found = [
        _info(row)
        for row in rows.order_by("id")
        if _is_known(author, row) and _mentions(row, sought)
    ]
    return _in_order(found, ordering)


def _is_known(author: Author, row: ObjectType) -> bool:
    return author.may_define or author.role.grant(row.id).any


def _mentions(row: ObjectType, sought: str) -> bool:
    return any(sought in text.casefold() for text in (row.object_name, row.entity_name, row.name))


def _in_order(found: list[ObjectInfo], ordering: Iterable[str]) -> list[ObjectInfo]:
    for key in reversed(list(ordering)):  # sorting is stable: the first column is sorted by last
        column = key.removeprefix("-")
        if column not in ORDERINGS:
            raise InvalidInput(
                f"{quoted(key)} is not one of {', '.join(ORDERINGS)}.", at="ordering"
            )
        found.sort(key=partial(_sort_key, column), reverse=key.startswith("-"))
    return found


def _sort_key(column: str, info: ObjectInfo) -> tuple[str, datetime]:
    # Times are the second part of the key, which also orders equal texts.
    text = "" if column == "created" else str(getattr(info, column)).casefold()
    return text, info.created


def get_object_info(author: Author, object_id: int) -> ObjectInfo:
    """One object as a list shows it, archived or not."""
    row = ObjectType.objects.filter(workspace_id=author.workspace.id, id=object_id).first()
    if row is None:
        raise NotFound
    return _info(row)


def _info(row: ObjectType) -> ObjectInfo:
    return ObjectInfo(
        row.pk,
        str(row.uuid),
        row.name,
        row.object_name,
        row.entity_name,
        row.object_type,
        row.description,
        row.is_custom,
        row.display_pattern,
        row.default_color,
        row.default_icon,
        row.archived_at is not None,
        row.created_at,
    )


@defining
def archive_object(author: Definer, object_id: int) -> None:
    """Hide an object, with its records and all links to them; nothing is deleted."""
    row = ObjectType.objects.select_for_update().get(workspace_id=author.workspace.id, id=object_id)
    if not row.is_custom:
        raise NotAllowed("Standard objects are part of every workspace: they cannot be archived.")
    # Archiving again changes nothing, not even the moment.
    if row.archived_at is None:
        _set_archived(row, archived=True)


@defining
def restore_object(author: Definer, identifier: str) -> int:
    """Bring an archived object back, by UUID or API name; its primary key."""
    rows = ObjectType.objects.filter(workspace_id=author.workspace.id)
    # Compared here: a filter by UUID would raise for an API name.
    row = next((row for row in rows if identifier in (row.name, str(row.uuid))), None)
    if row is None:
        raise NotFound
    if row.archived_at is None:
        raise InvalidInput("The object is not archived.")
    _set_archived(row, archived=False)
    key: int = row.pk
    return key


def _set_archived(row: ObjectType, *, archived: bool) -> None:
    row.archived_at = timezone.now() if archived else None
    row.save()
    # Their schemas leave out relationships with archived objects.
    touch(row.workspace_id, {row.pk, *_linked_objects(row)})
    _rename_dependents(row)


def _linked_objects(row: ObjectType) -> set[int]:
    """The objects with a relationship to this one: they lose it, or have it again."""
    fields = row.fields.model.objects.filter(
        workspace_id=row.workspace_id, related_object=row, deleted_at=None
    )
    return set(fields.values_list("object_id", flat=True))


def _rename_dependents(row: ObjectType) -> None:
    """Recreate the display names that show a record of the object."""
    directory = read_uncommitted(row.workspace_id)
    links = row.fields.model.objects.filter(
        workspace_id=row.workspace_id, related_object=row, deleted_at=None, mirror_of=None
    )
    for object_id, name, pattern in links.values_list(
        "object_id", "name", "object__display_pattern"
    ):
        if f"{{{name}}}" in pattern and object_id in directory.objects:
            rename_records(directory, directory.schema(object_id))
