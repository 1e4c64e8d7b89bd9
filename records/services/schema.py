"""Shaping a workspace: objects, categories, fields and options. Every change takes effect on the next request."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import F, Max

from records.exceptions import InvalidInput
from records.field_types import FieldSpec, InvalidValue, field_types, normal_text
from records.models import (
    Field,
    FieldCategory,
    FieldOption,
    ObjectKind,
    ObjectType,
    RelationKind,
    Workspace,
)

from .access import Author
from .default_fields import DEFAULT_STAGES, contact_fields, object_fields
from .definers import Definer, defining
from .definitions import FieldDefinition, OptionDefinition, RelationDefinition, slug

MAX_OBJECTS = 500
MAX_FIELDS = 500
API_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
MIRRORS = {
    RelationKind.ONE_TO_ONE: RelationKind.ONE_TO_ONE,
    RelationKind.PRIMARY: RelationKind.PRIMARY_FOR,
    RelationKind.ADDITIONAL: RelationKind.ADDITIONAL_FOR,
    RelationKind.PRIMARY_FOR: RelationKind.PRIMARY,
    RelationKind.ADDITIONAL_FOR: RelationKind.ADDITIONAL,
}


def _check_name(name: str) -> str:
    if not API_NAME.fullmatch(name):
        raise InvalidInput(f"name: {name[:80]!r} is not an API name (a-z, 0-9 and _, at most 64 characters).")
    return name


def touch(workspace_id: int, object_ids: Iterable[int] = ()) -> None:
    """Definitions changed: every process compiles them anew at its next request."""
    ids = list(object_ids)
    if ids:
        rows = ObjectType.objects.filter(workspace_id=workspace_id, id__in=ids)
        rows.update(schema_version=F("schema_version") + 1)
    Workspace.objects.filter(id=workspace_id).update(definitions_version=F("definitions_version") + 1)


# ---------------------------------------------------------------- objects


@defining
def create_object(
    author: Definer,
    object_name: str,
    entity_name: str,
    *,
    name: str = "",
    object_type: str = ObjectKind.STANDARD,
    description: str = "",
    fields: Sequence[FieldDefinition] = (),
    identifier_field: str | None = "name",
    display_pattern: str = "",
    stages: Sequence[OptionDefinition] = DEFAULT_STAGES,
    is_custom: bool = True,
) -> ObjectType:
    """Make an object with its default category and fields, and `fields`.

    `identifier_field` is the API name of the text-like field records are matched by, or None for records that
    have no name; unless it is `name`, there is a `name` field only if `fields` has one. InvalidInput says what
    is wrong with a definition.
    """
    workspace_id = author.workspace.id
    if ObjectType.objects.filter(workspace_id=workspace_id).count() >= MAX_OBJECTS:
        raise InvalidInput(f"A workspace has at most {MAX_OBJECTS} objects.", "limit_exceeded")
    name = _check_name(name or slug(object_name))
    if ObjectType.objects.filter(workspace_id=workspace_id, name=name).exists():
        raise InvalidInput(f"name: there is an object {name!r} already.", "unique")
    made = ObjectType.objects.create(
        workspace_id=workspace_id,
        name=name,
        object_name=object_name,
        entity_name=entity_name,
        object_type=object_type,
        description=description,
        display_pattern=display_pattern,
        is_custom=is_custom,
    )
    defaults = contact_fields() if object_type == ObjectKind.CONTACT else object_fields(object_type, stages)
    named = {definition.name for definition in fields}
    for definition in defaults:
        if definition.name == "name" and (identifier_field != "name" or "name" in named):
            continue
        _make_field(author, made, definition)
    changed = {made.id}
    for definition in fields:
        changed.add(_make_field(author, made, definition).related_object_id or made.id)
    _set_identifier(made, "email" if object_type == ObjectKind.CONTACT else identifier_field)
    touch(workspace_id, changed)
    return made


def _set_identifier(made: ObjectType, identifier: str | None) -> None:
    if identifier is None:
        return
    row = Field.objects.filter(workspace_id=made.workspace_id, object=made, name=identifier).first()
    kind = field_types.get(row.field_type) if row is not None else None
    if row is None or kind is None or not (kind.text_like and kind.may_be_unique):
        raise InvalidInput(f"identifier_field: {identifier!r} is not a text field of the object.")
    made.identifier_field = row
    made.save()


def get_object(author: Definer, identifier: str) -> ObjectType:
    """The row of a live object, by API name or UUID; InvalidInput when there is none."""
    found = author.directory.find_object(identifier)
    if found is None:
        raise InvalidInput(f"There is no object {identifier[:80]!r}.", "does_not_exist")
    return ObjectType.objects.get(workspace_id=author.workspace.id, id=found.id)


# ---------------------------------------------------------------- fields


@defining
def create_field(author: Definer, object_row: ObjectType, definition: FieldDefinition) -> Field:
    """Add a field to an object, with its options, or the mirror of a relationship on the related object."""
    made = _make_field(author, object_row, definition)
    touch(author.workspace.id, {object_row.id, made.related_object_id or object_row.id})
    return made


def _make_field(author: Definer, object_row: ObjectType, definition: FieldDefinition) -> Field:
    workspace_id = author.workspace.id
    orders = _orders(object_row)
    if len(orders) >= MAX_FIELDS:
        raise InvalidInput(f"An object has at most {MAX_FIELDS} fields.", "limit_exceeded")
    if definition.field_type not in field_types:
        raise InvalidInput(f"field_type: {definition.field_type!r} is not one of {', '.join(field_types)}.")
    name = _check_name(definition.name or _free_name(orders, slug(definition.display_name)))
    if name in orders:
        raise InvalidInput(f"name: there is a field {name!r} already.", "unique")
    made = Field(
        workspace_id=workspace_id,
        object=object_row,
        category=_category(author, object_row, definition.category),
        name=name,
        display_name=definition.display_name,
        description=definition.description,
        field_type=definition.field_type,
        settings=_checked_settings(definition),
        default_value=definition.default_value,
        computed=definition.computed,
        is_required=definition.is_required,
        is_read_only=definition.is_read_only or bool(definition.computed),
        is_hidden=definition.is_hidden,
        is_unique=definition.is_unique,
        is_default=definition.is_default,
        is_deletable=not definition.is_default,
        allows_empty=definition.allows_empty,
        order=max(orders.values(), default=0) + 1,
    )
    if definition.field_type == "relationship":
        return _make_relationship(author, made, definition)
    made.save()
    names = field_types.get(definition.field_type).default_options
    for option in definition.options or [OptionDefinition(name) for name in names]:
        add_option(made, option)
    return made


def _orders(object_row: ObjectType) -> dict[str, int]:
    """The API names of the object's fields, with their places."""
    rows = Field.objects.filter(workspace_id=object_row.workspace_id, object=object_row, deleted_at=None)
    return dict(rows.values_list("name", "order"))


def _free_name(taken: Collection[str], wanted: str) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted[:60]}_{number}", number + 1
    return name


def _checked_settings(definition: FieldDefinition) -> dict[str, Any]:
    kind = field_types.get(definition.field_type)
    if definition.is_unique and not kind.may_be_unique:
        raise InvalidInput(f"is_unique: a {definition.field_type} field cannot be unique.")
    try:
        return kind.check_settings(definition.settings)
    except InvalidValue as problem:
        raise InvalidInput(problem.message, problem.code) from None


def _category(author: Definer, object_row: ObjectType, name: str) -> FieldCategory:
    rows = FieldCategory.objects.filter(workspace_id=author.workspace.id, object=object_row)
    if not name:
        found = rows.order_by("order", "id").first()
        if found is not None:
            return found
    return rows.get_or_create(
        workspace_id=author.workspace.id,
        object=object_row,
        name=name or "General",
        defaults={"order": rows.count()},
    )[0]


def _make_relationship(author: Definer, made: Field, definition: FieldDefinition) -> Field:
    """Save a relationship field and its mirror; the near side, where links are stored, is the one asked for
    unless that is a `…_for` kind."""
    relation = definition.relation
    if relation is None or relation.kind not in RelationKind.values:
        raise InvalidInput(f"relation: a relationship needs a related object and one of {RelationKind.values}.")
    related = get_object(author, relation.related_object)
    made.related_object = related
    made.relation_kind = relation.kind
    label = relation.mirror_label or made.object.object_name
    mirror = Field(
        workspace_id=made.workspace_id,
        object=related,
        category=_category(author, related, ""),
        name="",
        display_name=label,
        field_type="relationship",
        relation_kind=MIRRORS[RelationKind(relation.kind)],
        related_object=made.object,
    )
    far_side_asked = relation.kind in (RelationKind.PRIMARY_FOR, RelationKind.ADDITIONAL_FOR)
    near, far = (mirror, made) if far_side_asked else (made, mirror)
    made.save() if not far_side_asked else None
    orders = _orders(related)
    mirror.name = _check_name(relation.mirror_name or _free_name(orders, slug(label)))
    mirror.order = max(orders.values(), default=0) + 1
    if mirror.name in orders:
        raise InvalidInput(f"related_name: there is a field {mirror.name!r} already.", "unique")
    near.save()
    far.mirror_of = near
    far.save()
    return made


# ---------------------------------------------------------------- options


def add_option(field_row: Field, definition: OptionDefinition) -> FieldOption:
    """Add an option at the end of a choice field; InvalidInput when its name or code is taken."""
    name, key = check_option_name(field_row, definition.name)
    rows = FieldOption.objects.filter(workspace_id=field_row.workspace_id, field=field_row, deleted_at=None)
    code = definition.code or _free_code(rows, slug(name))
    if rows.filter(code=code).exists():
        raise InvalidInput(f"options: there is an option with the code {code[:80]!r} already.", "unique")
    return FieldOption.objects.create(
        workspace_id=field_row.workspace_id,
        field=field_row,
        name=name,
        name_key=key,
        code=code,
        order=(rows.aggregate(last=Max("order"))["last"] or 0) + 1,
        stage_status=definition.stage_status,
        percentage=definition.percentage,
    )


def check_option_name(field_row: Field, name: str, *, besides: int | None = None) -> tuple[str, str]:
    """An option's name, and the form it is compared in; InvalidInput when another option has it."""
    name = name.strip()
    key = normal_text(name)
    if not key or len(name) > 255 or len(key) > 255 or "\x00" in name:
        raise InvalidInput("options: an option needs a name of 1 to 255 characters.")
    rows = FieldOption.objects.filter(workspace_id=field_row.workspace_id, field=field_row, deleted_at=None)
    if rows.filter(name_key=key).exclude(id=besides or 0).exists():
        raise InvalidInput(f"options: there is an option {name[:80]!r} already.", "unique")
    return name, key


def _free_code(rows: Any, wanted: str) -> str:
    taken = set(rows.values_list("code", flat=True))
    code, number = wanted, 2
    while code in taken:
        code, number = f"{wanted[:250]}_{number}", number + 1
    return code


def create_tags(author: Author, spec: FieldSpec, names: Iterable[str]) -> dict[str, int]:
    """Make the tags that do not exist yet, as they are first written; primary keys by compared name.

    Part of the write that uses them.
    """
    workspace_id = author.workspace.id
    wanted: dict[str, str] = {}
    for name in names:
        wanted.setdefault(normal_text(name), name)
    rows = FieldOption.objects.filter(workspace_id=workspace_id, field_id=spec.id, deleted_at=None)
    named = rows.filter(name_key__in=wanted).values_list("name_key", "id")
    found = dict(named)
    if len(found) == len(wanted):
        return found
    field_row = Field.objects.get(workspace_id=workspace_id, id=spec.id)
    # Others may be making the same tags. One goes first, and those who waited see what it made.
    ObjectType.objects.select_for_update(no_key=True).get(workspace_id=workspace_id, id=field_row.object_id)
    found = dict(named.all())
    for key, name in wanted.items():
        if key not in found:
            found[key] = add_option(field_row, OptionDefinition(name)).id
    touch(workspace_id, [field_row.object_id])
    return found


__all__ = [
    "FieldDefinition",
    "OptionDefinition",
    "RelationDefinition",
    "add_option",
    "create_field",
    "create_object",
    "create_tags",
    "get_object",
    "slug",
    "touch",
]
