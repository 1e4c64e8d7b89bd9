"""Objects as data types: their names, their fields and the number of their records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from records.exceptions import Conflict, InvalidInput, NotAllowed, NotFound, problems_at, quoted
from records.field_types import FieldSpec
from records.models import Extent, Field, FieldOption, ObjectType, Record, RecordState
from records.services.access import Author, Definer, defining
from records.services.catalogue import (
    FieldDefinition,
    ObjectSchema,
    OptionDefinition,
    compile_schema,
    hold_writers,
    slug,
    type_name,
)
from records.services.database import Fragment, fetch, in_ids
from records.services.reading import may_see_type

from .changes import get_field, update_field, update_object
from .creation import (
    create_field,
    create_object,
    get_live_object,
)
from .objects import archive_object, restore_object
from .options import create_option, update_option

TYPE_SLUG = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class DataType:
    """A data type as the author sees it; `record_count` counts the live records that they may
    list."""

    id: int
    uuid: str
    name: str
    slug: str
    description: str
    prompt: str
    is_collection: bool
    is_pinned: bool
    archived: bool
    record_count: int
    created_at: datetime
    updated_at: datetime
    schema: ObjectSchema


# ---------------------------------------------------------------- reading


def list_data_types(
    author: Author, *, archived: bool, sort: str, descending: bool
) -> list[DataType]:
    """The types the author's role grants something about; the archived ones instead for those who
    define."""
    if archived and not author.may_define:
        return []
    rows = ObjectType.objects.filter(
        workspace_id=author.workspace.id, archived_at__isnull=not archived
    )
    found = _data_types(
        author, [row for row in rows.order_by("id") if archived or may_see_type(author, row.pk)]
    )
    keys: dict[str, Any] = {
        "name": lambda item: (item.name.casefold(), item.id),
        "createdAt": lambda item: (item.created_at, item.id),
        "updatedAt": lambda item: (item.updated_at, item.id),
        "slug": lambda item: type_name(item.slug),
        "recordCount": lambda item: (item.record_count, item.id),
    }
    return sorted(found, key=keys[sort], reverse=descending)


def get_data_type(author: Author, data_type_id: int) -> DataType:
    """One type; NotFound when it is unknown, or archived and the author does not define."""
    return _one(author, id=data_type_id)


def get_data_type_by_slug(author: Author, name: str) -> DataType:
    """One type, by its slug; case, and hyphens for underscores, make no difference."""
    # No type can have such a slug, and a null character would be refused by PostgreSQL.
    if not TYPE_SLUG.fullmatch(name):
        raise NotFound
    return _one(author, name=type_name(name))


def get_definable_type(author: Author, data_type_id: int) -> DataType:
    """A type whose definition the author may change; NotFound as in `get_data_type`, NotAllowed
    for who does not define, Conflict for an archived one."""
    found = get_data_type(author, data_type_id)
    if not author.may_define:
        raise NotAllowed("Only workspace admins may change definitions.")
    check_not_archived(found)
    return found


def check_not_archived(data_type: DataType) -> None:
    """Conflict for a type whose definition cannot be changed as it is archived."""
    if data_type.archived:
        raise Conflict("The data type is archived: unarchive it to change it.", "archived")


def _one(author: Author, **key: Any) -> DataType:
    row = ObjectType.objects.filter(workspace_id=author.workspace.id, **key).first()
    if (
        row is None
        or (row.archived_at is not None and not author.may_define)
        or not may_see_type(author, row.pk)
    ):
        raise NotFound
    return _data_types(author, [row])[0]


def _data_types(author: Author, rows: Sequence[ObjectType]) -> list[DataType]:
    ids = [row.pk for row in rows]
    counts, changed = count_records(author, ids), _last_changes(author, ids)
    return [
        DataType(
            row.pk,
            str(row.uuid),
            row.object_name,
            row.slug or row.name,
            row.description,
            row.prompt,
            row.is_collection,
            row.is_pinned,
            row.archived_at is not None,
            counts.get(row.pk, 0),
            row.created_at,
            changed.get(row.pk, row.created_at),
            _schema_of(author, row.pk),
        )
        for row in rows
    ]


def _schema_of(author: Author, object_id: int) -> ObjectSchema:
    # Directories hold live objects only; an archived one is compiled for this request.
    if object_id in author.directory.objects:
        return author.directory.schema(object_id)
    return compile_schema(object_id, author.workspace)


def _last_changes(author: Author, ids: Sequence[int]) -> dict[int, datetime]:
    """When each type or one of its fields last changed."""
    tenant = {"workspace_id": author.workspace.id}
    types = (
        ObjectType.history.filter(**tenant, id__in=ids)
        .values_list("id")
        .annotate(last=Max("history_date"))
    )
    fields = Field.history.filter(**tenant, object_id__in=ids).values_list("object_id")
    changed: dict[int, datetime] = dict(types)
    for key, last in fields.annotate(last=Max("history_date")):
        changed[key] = max(last, changed.get(key, last))
    return changed


# ---------------------------------------------------------------- counting


def count_records(author: Author, ids: Iterable[int]) -> dict[int, int]:
    """The live records of these types that the author may list."""
    everyone: list[int] = []
    own: list[int] = []
    for key in ids:
        # A count of records that the author cannot list would tell how many there are.
        (everyone if author.role.grant(key).view == Extent.ALL else own).append(key)
    return {
        **_counts(author, everyone, ("TRUE", [])),
        **_counts(author, own, _of_member(author.member.id)),
    }


def member_record_counts(author: Author, member_id: int | None) -> dict[int, int]:
    """How many live records a member has of each live type, none included: one aggregate over one
    index.

    Of another member only the types all of whose records the author may list. NotFound for no
    member of the workspace.
    """
    ids: Iterable[int] = author.directory.objects
    if member_id is None:
        member_id = author.member.id
    if member_id != author.member.id:
        if member_id not in author.directory.members([member_id]):
            raise NotFound
        ids = [key for key in ids if author.role.grant(key).view == Extent.ALL]
    return {**dict.fromkeys(ids, 0), **_counts(author, ids, _of_member(member_id))}


def _of_member(member_id: int) -> Fragment:
    return "member_id = %s", [member_id]


def _counts(author: Author, ids: Iterable[int], chosen: Fragment) -> dict[int, int]:
    keys = list(ids)
    if not keys:
        return {}
    objects, params = in_ids("object_id", keys)
    rows = fetch(
        "SELECT object_id, count(*) FROM records_record"
        f" WHERE workspace_id = %s AND state = 'active' AND {chosen[0]} AND {objects} GROUP "
        "BY object_id",
        [author.workspace.id, *chosen[1], *params],
    )
    return dict(rows)


# ---------------------------------------------------------------- slugs


@dataclass(frozen=True, slots=True)
class SlugCheck:
    """Whether a slug is well-formed and free, and a free one to take instead where it is not."""

    valid: bool
    available: bool
    suggestion: str | None


def check_slug(author: Author, wanted: str) -> SlugCheck:
    """Whether a new type can have this slug; archived types keep theirs."""
    rows = ObjectType.objects.filter(workspace_id=author.workspace.id)
    valid = TYPE_SLUG.fullmatch(wanted) is not None
    available = valid and not rows.filter(name=type_name(wanted)).exists()
    if available:
        return SlugCheck(valid=True, available=True, suggestion=None)
    base = type_name(wanted) if valid else slug(wanted)
    # One query for all candidates instead of one each.
    taken = set(rows.filter(name__startswith=base[:60]).values_list("name", flat=True))
    free, number = base, 2
    while free in taken:
        # Room for the number within 64 characters.
        free, number = f"{base[:60]}_{number}", number + 1
    return SlugCheck(valid, available, free)


# ---------------------------------------------------------------- changing


@defining
def create_data_type(
    author: Definer,
    /,
    name: str,
    *,
    slug: str = "",
    fields: Sequence[FieldDefinition] = (),
    **more: Any,
) -> int:
    """Make a type whose records have no identifier but their number; its primary key.

    The slug is kept as it is; `more` is as in `create_object`.
    """
    check_type_slug(slug)
    made = create_object(
        *(author, name, name),
        name=type_name(slug),
        spelled=slug,
        fields=fields,
        identifier_field=None,
        **more,
    )
    key: int = made.pk
    return key


def check_type_slug(wanted: str) -> None:
    """InvalidInput for what cannot be the slug of a type; it may be blank."""
    if wanted and not TYPE_SLUG.fullmatch(wanted):
        message = (
            f"{quoted(wanted)} is not a slug (letters, digits, _ and -, a letter first, at most 64 "
            "characters)."
        )
        raise InvalidInput(message, at="name")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What a write of a type asks of one field: a new one, or changes and more options of the one
    with this key. `renames`: names of options by their keys, at their places in the request."""

    definition: FieldDefinition | None = None
    field_id: int = 0
    changes: dict[str, Any] | None = None
    options: tuple[OptionDefinition, ...] = ()
    renames: tuple[tuple[int, int, str], ...] = ()


@defining
def update_data_type(
    author: Definer, schema: ObjectSchema, changes: dict[str, Any], fields: Sequence[FieldChange]
) -> None:
    """Change a type and some of its fields, all or nothing; fields that are not named stay as they
    are."""
    row = get_live_object(author, schema.id)
    if changes:
        update_object(author, row, **changes)
    for at, change in enumerate(fields):
        with problems_at("fields", at):
            _change_field(author, row, change)


@defining
def change_type_field(author: Definer, schema: ObjectSchema, change: FieldChange) -> int:
    """Make or change one field of a type; its primary key."""
    return _change_field(author, get_live_object(author, schema.id), change)


def _change_field(author: Definer, row: ObjectType, change: FieldChange) -> int:
    if change.definition is not None:
        made: int = create_field(author, row, change.definition).pk
        return made
    # A change of options alone must not leave a row in the field's history.
    if change.changes:
        update_field(author, get_field(author, change.field_id), **change.changes)
    for at, option_id, name in change.renames:
        with problems_at("options", at):
            update_option(author, FieldOption(pk=option_id), name=name)
    for option in change.options:
        create_option(author, get_field(author, change.field_id), option)
    return change.field_id


@defining
def archive_data_type(author: Definer, data_type: DataType, *, force: bool) -> None:
    """Archive a type; Conflict while it has live records, unless `force`. An archived one stays as
    it is."""
    # Records that are being written would not be counted.
    hold_writers(author.workspace.id, [data_type.id])
    row = ObjectType.objects.get(workspace_id=author.workspace.id, id=data_type.id)
    if row.archived_at is not None:
        return
    count = 0 if force else count_live_records(author.workspace.id, data_type.id)
    if count:
        raise Conflict(
            f"The type has {count} record(s); send force=true to archive it with them.", "in_use"
        )
    archive_object(author, data_type.id)


def count_live_records(workspace_id: int, object_id: int) -> int:
    """How many records of an object would go out of sight with it."""
    count: int = Record.objects.filter(
        workspace_id=workspace_id, object_id=object_id, state=RecordState.ACTIVE
    ).count()
    return count


@defining
def restore_data_type(author: Definer, data_type: DataType) -> None:
    """Bring an archived type back; one that is live stays as it is."""
    row = ObjectType.objects.get(workspace_id=author.workspace.id, id=data_type.id)
    if row.archived_at is not None:
        restore_object(author, data_type.uuid)


def find_type_field(schema: ObjectSchema, key: Any) -> FieldSpec | None:
    """A field of a type by primary key or slug."""
    # JSON's true would be field 1 with isinstance.
    if type(key) is int:
        return schema.by_id.get(key)
    return schema.by_name.get(key) if isinstance(key, str) else None
