"""The objects of a workspace as rows of a list; archiving them, and bringing them back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.utils import timezone

from records.exceptions import InvalidInput, NotAllowed, NotFound
from records.models import ObjectType

from .access import Author
from .definers import Definer, defining
from .definition_versions import touch
from .dependents import rename_records
from .directory import read_uncommitted

ORDERINGS = ("object_name", "entity_name", "name", "object_type", "created")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is said of an object in a list of objects."""

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
    """The objects the author may do something with, oldest first; the archived ones instead for those who define.

    `search` is a part of a label or API name; `ordering` names columns, with `-` in front for descending.
    """
    if archived and not author.may_define:
        return []
    rows = ObjectType.objects.filter(workspace_id=author.workspace.id, archived_at__isnull=not archived)
    if custom_only:
        rows = rows.filter(is_custom=True)
    sought = search.strip().casefold()
    found = [
        _info(row)
        for row in rows.order_by("id")
        if (author.may_define or author.role.grant(row.id).any)
        and (not sought or any(sought in text.casefold() for text in (row.object_name, row.entity_name, row.name)))
    ]
    for key in reversed(list(ordering)):
        column = key.removeprefix("-")
        if column not in ORDERINGS:
            raise InvalidInput(f"ordering: {key[:80]!r} is not one of {', '.join(ORDERINGS)}.")
        found.sort(key=partial(_sort_key, column), reverse=key.startswith("-"))
    return found


def _sort_key(column: str, info: ObjectInfo) -> tuple[str, datetime]:
    text = "" if column == "created" else str(getattr(info, column)).casefold()
    return text, info.created


def get_object_info(author: Author, object_id: int) -> ObjectInfo:
    """What a list would say of one object, archived or not."""
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
    """Take an object out of sight, with its records and all links to them; nothing is lost."""
    row = ObjectType.objects.select_for_update().get(workspace_id=author.workspace.id, id=object_id)
    if not row.is_custom:
        raise NotAllowed("Standard objects are part of every workspace: they cannot be archived.")
    if row.archived_at is None:
        _set_archived(row, archived=True)


@defining
def restore_object(author: Definer, identifier: str) -> int:
    """Bring an archived object back, by UUID or API name; its primary key."""
    rows = ObjectType.objects.filter(workspace_id=author.workspace.id)
    row = next((row for row in rows if identifier in (row.name, str(row.uuid))), None)
    if row is None:
        raise NotFound
    if row.archived_at is None:
        raise InvalidInput("The object is not archived.")
    _set_archived(row, archived=False)
    return row.pk


def _set_archived(row: ObjectType, *, archived: bool) -> None:
    row.archived_at = timezone.now() if archived else None
    row.save()
    touch(row.workspace_id, {row.pk, *_linked_objects(row)})
    _rename_dependents(row)


def _linked_objects(row: ObjectType) -> set[int]:
    """The objects with a relationship to this one: they lose it, or have it again."""
    fields = row.fields.model.objects.filter(workspace_id=row.workspace_id, related_object=row, deleted_at=None)
    return set(fields.values_list("object_id", flat=True))


def _rename_dependents(row: ObjectType) -> None:
    """Display names that show a record of the object are made anew."""
    directory = read_uncommitted(row.workspace_id)
    links = row.fields.model.objects.filter(
        workspace_id=row.workspace_id, related_object=row, deleted_at=None, mirror_of=None
    )
    for object_id, name, pattern in links.values_list("object_id", "name", "object__display_pattern"):
        if f"{{{name}}}" in pattern and object_id in directory.objects:
            rename_records(directory, directory.schema(object_id))
