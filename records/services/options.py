"""Adding, changing and taking away the options of a choice field that exists; a pipeline's stages are options too."""

from __future__ import annotations

from typing import TypedDict, Unpack

from django.utils import timezone

from records.exceptions import InvalidInput
from records.field_types import field_types
from records.models import Field, FieldOption, FieldValue, StageStatus

from .definers import Definer, defining
from .definitions import OptionDefinition
from .dependents import holding, rename_records
from .directory import read_uncommitted
from .redefining import check_default
from .schema import add_option, check_option_name, touch


class OptionChanges(TypedDict, total=False):
    """What may change of an option. Its code stays: programs know the option by it."""

    name: str
    order: int
    stage_status: str
    percentage: int | None


@defining
def create_option(author: Definer, field_row: Field, definition: OptionDefinition) -> FieldOption:
    """Add an option at the end of a choice field."""
    if field_types.get(field_row.field_type).column != "option":
        raise InvalidInput(f"A {field_row.field_type} field has no options.")
    made = add_option(field_row, definition)
    touch(author.workspace.id, [field_row.object_id])
    return made


@defining
def update_option(author: Definer, option: FieldOption, **changes: Unpack[OptionChanges]) -> FieldOption:
    """Change an option; records whose display name shows it are renamed in the same transaction."""
    rows = FieldOption.objects.select_for_update(of=("self",)).select_related("field")
    row = rows.get(workspace_id=author.workspace.id, id=option.id, deleted_at=None)
    name = row.name
    for key, value in changes.items():
        setattr(row, key, value)
    row.name, row.name_key = check_option_name(row.field, row.name, besides=row.id)
    if row.stage_status not in ("", *StageStatus.values):
        raise InvalidInput(f"stage_status: {row.stage_status!r} is not one of {', '.join(StageStatus.values)}.")
    if row.percentage is not None and not 0 <= row.percentage <= 100:
        raise InvalidInput("percentage: expected a number from 0 to 100.")
    row.save()
    touch(row.workspace_id, [row.field.object_id])
    if row.name != name:
        _rename_holders(row)
    return row


def _rename_holders(option: FieldOption) -> None:
    directory = read_uncommitted(option.workspace_id)
    if option.field.object_id in directory.objects:
        schema = directory.schema(option.field.object_id)
        if any(spec.id == option.field_id for spec in schema.pattern_fields):
            rename_records(directory, schema, holding(schema, "option", option.id))


@defining
def delete_option(author: Definer, option: FieldOption) -> None:
    """Take an option away; InvalidInput while live records have it, or the field needs it.

    The row stays, so that history and archived records remain readable.
    """
    rows = FieldOption.objects.select_for_update(of=("self",)).select_related("field")
    row = rows.get(workspace_id=author.workspace.id, id=option.id, deleted_at=None)
    used = FieldValue.objects.filter(workspace_id=row.workspace_id, field_id=row.field_id, option=row.id, live=True)
    if count := used.count():
        raise InvalidInput(f"{count} record(s) have {row.name!r}: give them another value first.", "in_use")
    row.deleted_at = timezone.now()
    row.save()
    others = FieldOption.objects.filter(workspace_id=row.workspace_id, field_id=row.field_id, deleted_at=None)
    if not row.field.allows_empty and not others.exists():
        raise InvalidInput(f"{row.field.display_name} needs at least one option.")
    touch(row.workspace_id, [row.field.object_id])
    directory = read_uncommitted(row.workspace_id)
    if row.field.object_id in directory.objects:
        check_default(directory.schema(row.field.object_id).by_id[row.field_id])
