"""Adding, changing and taking away the options of a choice field that exists; a pipeline's stages
are options too."""

from __future__ import annotations

from typing import TypedDict, Unpack
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from records.exceptions import InvalidInput, NotFound
from records.field_types import FieldSpec, field_types
from records.models import Field, FieldOption, FieldValue
from records.services.access import Definer, defining
from records.services.catalogue import (
    OptionDefinition,
    check_default,
    hold_writers,
    read_uncommitted,
    touch,
)
from records.services.storage import holding, rename_records
from records.services.writing import (
    MAX_OPTIONS,
    add_option,
    check_option_name,
    check_stage_status,
)


class OptionChanges(TypedDict, total=False):
    """What may change of an option. Its code stays: programs know the option by it.

    `order` is a number to sort by; `position` a place among the field's options, from 0.
    """

    name: str
    order: int
    position: int
    stage_status: str
    percentage: int | None


@defining
def create_option(
    author: Definer,
    field_row: Field,
    definition: OptionDefinition,
    *,
    position: int | None = None,
) -> FieldOption:
    """Add an option to a choice field: at a position from 0, else by the definition's `order`, else
    at the end."""
    # Read again: the field may have been deleted since the caller loaded it.
    field_row = Field.objects.get(
        workspace_id=author.workspace.id, id=field_row.id, deleted_at=None
    )
    if not field_types.get(field_row.field_type).has_options:
        raise InvalidInput(f"A {field_row.field_type} field has no options.")
    options = FieldOption.objects.filter(
        field=field_row, workspace_id=author.workspace.id, deleted_at=None
    )
    if options.count() >= MAX_OPTIONS:
        raise InvalidInput(
            f"a field can have at most {MAX_OPTIONS} options.", "limit_exceeded", at="options"
        )
    made = add_option(field_row, definition)
    if position is not None:
        _place(made, position)
    touch(author.workspace.id, [field_row.object_id])
    return made


@defining
def update_option(
    author: Definer, option: FieldOption, **changes: Unpack[OptionChanges]
) -> FieldOption:
    """Change an option; records whose display name shows it are renamed in the same transaction."""
    rows = FieldOption.objects.select_for_update(of=("self",)).select_related("field")
    row = rows.get(
        workspace_id=author.workspace.id, id=option.id, deleted_at=None, field__deleted_at=None
    )
    name, position = row.name, changes.pop("position", None)
    for key, value in changes.items():
        setattr(row, key, value)
    row.name, row.name_key = check_option_name(row.field, row.name, besides=row.id)
    row.by_hand = True  # what an admin names is part of the definition
    check_stage_status(row.stage_status)
    if row.percentage is not None and not 0 <= row.percentage <= 100:
        raise InvalidInput("expected a number from 0 to 100.", at="percentage")
    row.save()
    if position is not None:
        _place(row, position)
    touch(row.workspace_id, [row.field.object_id])
    # Only names are shown in display names.
    if row.name != name:
        _rename_holders(row)
    return row


def _place(option: FieldOption, position: int) -> None:
    """Put an option at this place among its field's, or at the end, and number them from 0."""
    others = FieldOption.objects.filter(
        workspace_id=option.workspace_id, field_id=option.field_id, deleted_at=None
    ).exclude(id=option.pk)
    rows = list(others.order_by("order", "id"))
    rows.insert(position, option)
    for at, row in enumerate(rows):
        if row.order != at:
            row.order = at
            row.save()


def _rename_holders(option: FieldOption) -> None:
    directory = read_uncommitted(option.workspace_id)
    if option.field.object_id in directory.objects:
        schema = directory.schema(option.field.object_id)
        # Most patterns show no choice field; then no record needs to be looked at.
        if any(spec.id == option.field_id for spec in schema.pattern_fields):
            rename_records(directory, schema, holding(schema, "option", option.id))


def get_option(author: Definer, spec: FieldSpec, option_uuid: str) -> FieldOption:
    """The row of one of a field's options; NotFound when it has no such option."""
    # Django raises a ValidationError for a text that is no UUID.
    row = _live(author, spec).filter(uuid=option_uuid).first() if _is_uuid(option_uuid) else None
    if row is None:
        raise NotFound
    return row


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _live(author: Definer, spec: FieldSpec) -> QuerySet[FieldOption]:
    return FieldOption.objects.filter(
        workspace_id=author.workspace.id, field_id=spec.id, deleted_at=None
    )


@defining
def delete_option(author: Definer, option: FieldOption) -> None:
    """Take an option away; InvalidInput while records have it, archived ones too, or the field
    needs it.

    The row stays, so that history remains readable.
    """
    rows = FieldOption.objects.select_for_update(of=("self",)).select_related("field")
    row = rows.get(
        workspace_id=author.workspace.id, id=option.id, deleted_at=None, field__deleted_at=None
    )
    # A writer that has just checked the option could otherwise store it after the count.
    hold_writers(row.workspace_id, [row.field.object_id])
    used = FieldValue.objects.filter(
        workspace_id=row.workspace_id, field_id=row.field_id, option=row.id
    )
    if count := used.count():
        raise InvalidInput(
            f"{count} record(s) have {row.name!r}, archived ones included: give them another "
            "value first.",
            "in_use",
        )
    row.deleted_at = timezone.now()
    row.save()
    others = FieldOption.objects.filter(
        workspace_id=row.workspace_id, field_id=row.field_id, deleted_at=None
    )
    # After deletion, so the rows say what is left; the transaction rolls back.
    if not row.field.allows_empty and not others.exists():
        raise InvalidInput(f"{row.field.display_name} needs at least one option.")
    touch(row.workspace_id, [row.field.object_id])
    directory = read_uncommitted(row.workspace_id)
    if row.field.object_id in directory.objects:
        # The option may be the field's default.
        check_default(directory.schema(row.field.object_id).all_fields[row.field_id])
