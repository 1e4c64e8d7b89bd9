"""Changing objects, fields and options that exist. Types and API names stay what they were made as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypedDict, Unpack

from records.exceptions import InvalidInput, NotFound
from records.field_types import InvalidValue, field_types
from records.models import Field, FieldCategory, ObjectType

from .definers import Definer, defining
from .definition_versions import touch
from .definitions import check_default, check_json, check_label, check_length
from .dependents import rename_records
from .directory import Directory, read_uncommitted
from .external_fields import check_external_field
from .schema import check_pattern
from .unique_values import keep_unique, stop_keeping_unique


class ObjectChanges(TypedDict, total=False):
    """What may change of an object."""

    object_name: str
    entity_name: str
    description: str
    display_pattern: str
    default_color: str
    default_icon: str
    is_open: bool
    is_collection: bool


class FieldChanges(TypedDict, total=False):
    """What may change of a field. `default_value` is in a form the type parses, None for no default."""

    display_name: str
    description: str
    category: FieldCategory
    category_id: int
    settings: Mapping[str, Any]
    default_value: Any
    is_required: bool
    is_read_only: bool
    is_hidden: bool
    is_unique: bool
    is_admin_only: bool
    is_external_id: bool
    should_index: bool
    allows_empty: bool
    order: int


# ---------------------------------------------------------------- objects


@defining
def update_object(author: Definer, object_row: ObjectType, **changes: Unpack[ObjectChanges]) -> ObjectType:
    """Change an object; a new display pattern renames its records, archived ones included, in the same transaction."""
    row = ObjectType.objects.select_for_update().get(workspace_id=author.workspace.id, id=object_row.id)
    pattern = row.display_pattern
    for name, value in changes.items():
        setattr(row, name, value)
    row.object_name = check_label("object_name", row.object_name)
    row.entity_name = check_label("entity_name", row.entity_name)
    directory = read_uncommitted(author.workspace.id)
    check_length("default_color", row.default_color, 32)
    check_length("default_icon", row.default_icon, 64)
    row.display_pattern = row.display_pattern.strip()
    if row.display_pattern != pattern and row.id in directory.objects:
        check_pattern(directory.schema(row.id), row.display_pattern)
    row.save()
    touch(row.workspace_id, _objects_reading(directory, row.id))
    if row.display_pattern != pattern:
        renewed = read_uncommitted(row.workspace_id)
        rename_records(renewed, renewed.schema(row.id))
    return row


def _objects_reading(directory: Directory, object_id: int) -> set[int]:
    """The object, and those it links to: what they know of who shows their names depends on its pattern."""
    if object_id not in directory.objects:
        return {object_id}
    related = {spec.related_object_id for spec in directory.schema(object_id).fields if spec.related_object_id}
    return {object_id, *related}


# ---------------------------------------------------------------- fields


def get_field(author: Definer, field_id: int) -> Field:
    """The row of a field that is not deleted; NotFound when there is none."""
    row = Field.objects.filter(workspace_id=author.workspace.id, id=field_id, deleted_at=None).first()
    if row is None:
        raise NotFound
    return row


@defining
def update_field(author: Definer, field_row: Field, **changes: Unpack[FieldChanges]) -> Field:
    """Change a field. Values that are stored stay as they are; new limits hold for what is written from now on.

    InvalidInput says what is wrong: a field cannot become unique while two records have the same value.
    """
    workspace_id = author.workspace.id
    row = Field.objects.select_for_update().get(workspace_id=workspace_id, id=field_row.id, deleted_at=None)
    was_unique, was_external = row.is_unique, row.is_external_id
    for name, value in changes.items():
        setattr(row, name, value)
    _check_field(row)
    check_json("default_value", row.default_value)
    if row.is_external_id and not was_external:
        check_external_field(row)
    row.save()
    touch(workspace_id, [row.object_id])
    directory = read_uncommitted(workspace_id)
    if row.object_id in directory.objects:
        schema = directory.schema(row.object_id)
        check_default(schema.all_fields[row.id])
        if row.is_unique != was_unique:
            keep_unique(schema, schema.all_fields[row.id]) if row.is_unique else stop_keeping_unique(row)
    return row


def _check_field(row: Field) -> None:
    kind = field_types.get(row.field_type)
    row.display_name = check_label("display_name", row.display_name)
    if row.category is not None and row.category.object_id != row.object_id:
        raise InvalidInput("category: it is another object's.", "does_not_exist")
    if row.computed or row.mirror_of_id:
        if row.is_required or row.is_unique or row.default_value is not None:
            raise InvalidInput("The values of this field are derived: it cannot be required, unique or have a default.")
        row.is_read_only = row.is_read_only or bool(row.computed)
    elif row.is_read_only and row.object.identifier_field_id == row.id:
        raise InvalidInput("is_read_only: records are identified by this field, so it must be possible to fill it.")
    if row.is_unique and not kind.may_be_unique:
        raise InvalidInput(f"is_unique: a {row.field_type} field cannot be unique.")
    try:
        row.settings = kind.check_settings(row.settings)
    except InvalidValue as problem:
        raise InvalidInput(f"settings: {problem.message}", problem.code) from None


def default_from_text(author: Definer, field_row: Field, settings: Mapping[str, Any], text: str) -> Any:
    """What a default written as in a CSV cell is, in the form it is kept in; None for a blank."""
    if not text.strip():
        return None
    schema = author.directory.schema(field_row.object_id)
    spec = replace(schema.by_id[field_row.id], settings=settings)
    return spec.type.from_text(spec, text)
