"""Changing objects, fields and options that exist. Types and API names are fixed when
created."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypedDict, Unpack

from records.exceptions import Conflict, InvalidInput, NotFound
from records.field_types import MAX_EXPRESSION
from records.models import Field, FieldCategory, ObjectType
from records.services.access import Definer, defining
from records.services.catalogue import (
    Directory,
    check_default,
    check_json,
    check_label,
    check_length,
    read_uncommitted,
    touch,
)
from records.services.database import fetch_value
from records.services.storage import keep_unique, rename_records, stop_keeping_unique
from records.services.writing import check_external_field

from .creation import (
    MAX_PROMPT,
    check_not_written,
    check_pattern,
    check_rule_text,
    checked_settings,
)
from .field_validations import settle_validation
from .formula_names import resettle_formula


class ObjectChanges(TypedDict, total=False):
    """What may change of an object."""

    object_name: str
    entity_name: str
    description: str
    prompt: str
    is_pinned: bool
    display_pattern: str
    default_color: str
    default_icon: str
    is_open: bool
    is_collection: bool


class FieldChanges(TypedDict, total=False):
    """What may change of a field. `default_value` is in a form the type parses, None for no
    default."""

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
    validation: str | None
    validation_message: str | None
    should_index: bool
    allows_empty: bool
    order: int


# ---------------------------------------------------------------- objects


@defining
def update_object(
    author: Definer, object_row: ObjectType, **changes: Unpack[ObjectChanges]
) -> ObjectType:
    """Change an object; a new display pattern renames its records, archived ones included, in the
    same transaction.

    Conflict says how many members have several records of what is to be one per member.
    """
    row = ObjectType.objects.select_for_update().get(
        workspace_id=author.workspace.id, id=object_row.id
    )
    # Compared afterwards: renaming all records is costly, and often nothing about names changes.
    pattern, was_collection = row.display_pattern, row.is_collection
    for name, value in changes.items():
        setattr(row, name, value)
    row.object_name = check_label("object_name", row.object_name)
    row.entity_name = check_label("entity_name", row.entity_name)
    directory = read_uncommitted(author.workspace.id)
    check_length("prompt", row.prompt, MAX_PROMPT)
    check_length("default_color", row.default_color, 32)
    check_length("default_icon", row.default_icon, 64)
    row.display_pattern = row.display_pattern.strip()
    if row.display_pattern != pattern:
        # It has no schema to check the pattern against, and none to name its records by.
        if row.id not in directory.objects:
            raise InvalidInput("the object is archived: bring it back first.", at="display_pattern")
        check_pattern(directory.schema(row.id), row.display_pattern)
    row.save()
    touch(row.workspace_id, _objects_reading(directory, row.id))
    # After touching, as writers of records that began before this are then told to begin anew.
    if was_collection and not row.is_collection:
        _check_one_per_member(row)
    if row.display_pattern != pattern:
        # Read again: the first directory was compiled with the old pattern.
        renewed = read_uncommitted(row.workspace_id)
        rename_records(renewed, renewed.schema(row.id))
    return row


def _check_one_per_member(row: ObjectType) -> None:
    held = fetch_value(
        "SELECT count(*) FROM (SELECT member_id FROM records_record WHERE workspace_id = %s"
        " AND object_id = %s AND state = 'active' AND member_id IS NOT NULL"
        " GROUP BY member_id HAVING count(*) > 1) AS held",
        [row.workspace_id, row.id],
    )
    if held:
        whose = "1 member has" if held == 1 else f"{held} members have"
        raise Conflict(
            f"{whose} more than one live record of this type, which is to be one per member: "
            "archive the others, or give them to other members.",
            "already_exists",
        )


def _objects_reading(directory: Directory, object_id: int) -> set[int]:
    """The object, and those it links to: what they know of who shows their names depends on its
    pattern."""
    if object_id not in directory.objects:
        return {object_id}
    related = {
        spec.related_object_id
        for spec in directory.schema(object_id).fields
        if spec.related_object_id
    }
    return {object_id, *related}


# ---------------------------------------------------------------- fields


def get_field(author: Definer, field_id: int) -> Field:
    """The row of a field that is not deleted; NotFound when there is none."""
    row = Field.objects.filter(
        workspace_id=author.workspace.id, id=field_id, deleted_at=None
    ).first()
    if row is None:
        raise NotFound
    return row


@defining
def update_field(author: Definer, field_row: Field, **changes: Unpack[FieldChanges]) -> Field:
    """Change a field. Values that are stored stay as they are; new limits hold for what is written
    from now on.

    InvalidInput says what is wrong: a field cannot become unique while two records have the same
    value.
    """
    workspace_id = author.workspace.id
    row = Field.objects.select_for_update().get(
        workspace_id=workspace_id, id=field_row.id, deleted_at=None
    )
    was_unique, was_external, settings = row.is_unique, row.is_external_id, row.settings
    rule = row.validation
    for name, value in changes.items():
        setattr(row, name, value)
    _check_field(row)
    check_json("default_value", row.default_value)
    # Only when it becomes one: the check refuses fields that have values.
    if row.is_external_id and not was_external:
        check_external_field(row)
    if row.settings != settings:
        resettle_formula(row, settings)
    if row.validation != rule:
        settle_validation(row)
    row.save()
    touch(workspace_id, [row.object_id])
    # After saving: the default is checked against the field as it is now.
    directory = read_uncommitted(workspace_id)
    if row.object_id in directory.objects:
        schema = directory.schema(row.object_id)
        check_default(schema.all_fields[row.id])
        # Only when it becomes unique: this goes through every record of the object.
        if row.is_unique and not was_unique:
            keep_unique(schema, schema.all_fields[row.id])
        elif was_unique and not row.is_unique:
            stop_keeping_unique(row)
    return row


def _check_field(row: Field) -> None:
    row.display_name = check_label("display_name", row.display_name)
    if row.category is not None and row.category.object_id != row.object_id:
        raise InvalidInput("it belongs to another object.", "does_not_exist", at="category")
    if row.computed or row.mirror_of_id:
        check_not_written(row)
        row.is_read_only = row.is_read_only or bool(
            row.computed
        )  # a mirror is written, on behalf of the near side
    elif row.is_read_only and row.object.identifier_field_id == row.id:
        raise InvalidInput(
            "this field identifies records, so it must be writable.", at="is_read_only"
        )
    row.validation = check_rule_text("validation", row.validation, MAX_EXPRESSION)
    row.validation_message = check_rule_text("validation_message", row.validation_message)
    row.settings = checked_settings(row)


def default_from_text(
    author: Definer, field_row: Field, settings: Mapping[str, Any], text: str
) -> Any:
    """What a default written as in a CSV cell is, in the form it is kept in; None for a blank."""
    if not text.strip():
        return None
    # With the settings of the same form, which are not stored yet.
    schema = author.directory.schema(field_row.object_id)
    spec = replace(schema.by_id[field_row.id], settings=settings)
    return spec.type.from_text(spec, text)
