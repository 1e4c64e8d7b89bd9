"""Adding, changing and taking away the options of a choice field that exists; a pipeline's stages
are options too."""

from __future__ import annotations

from typing import TypedDict, Unpack
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from records.exceptions import InvalidInput, NotAllowed, NotFound, RecordsError
from records.field_types import FieldSpec, field_types
from records.models import Field, FieldOption, FieldValue
from records.services.access import Author, Definer, because, defining
from records.services.catalogue import (
    ObjectSchema,
    OptionDefinition,
    check_default,
    hold_writers,
    read_uncommitted,
    touch,
)
from records.services.database import fetch
from records.services.storage import holding, rename_records
from records.services.writing import (
    MAX_OPTIONS,
    UNSET,
    Change,
    Mode,
    SaveRequest,
    add_option,
    check_option_name,
    check_stage_status,
    save_records,
)

BATCH = 500


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


def replace_option(
    author: Author,
    schema: ObjectSchema,
    spec: FieldSpec,
    option: FieldOption,
    heir: str,
    *,
    part: str = "option_id",
) -> int:
    """Give the records that have an option another one, then take the option away; the number of
    records changed.

    `heir` is the other option's UUID, `part` what the caller calls it. The records are written in
    batches, each with its row in the ledger; archived records keep the option, which stays readable
    in them.
    """
    if not author.may_define:
        raise NotAllowed("Only workspace admins may change definitions.")
    try:
        replacement = get_option(author, spec, heir)
    except NotFound:
        raise InvalidInput("the field has no such option.", "does_not_exist", at=part) from None
    # Records would keep the option, and the loop below would never end.
    if replacement.pk == option.pk:
        raise InvalidInput("name an option other than the one to delete.", at=part)
    author = because(author, f"{option.name} was replaced by {replacement.name}")
    moved = 0
    change = _moved(spec, option.pk, replacement.pk)
    # Written records no longer hold the option, so no position is needed.
    while records := _holders(schema, spec, option.pk):
        requests = [
            # Cancelled records count as users of the option, and would block its deletion.
            SaveRequest(Mode.UPDATE, record_id=key, changes=[change], even_cancelled=True)
            for key in records
        ]
        for outcome in save_records(author, schema, requests):
            if isinstance(outcome, RecordsError):
                # A skipped record would be found again forever.
                raise outcome
            moved += 1
    delete_option(author, option)
    return moved


def _moved(spec: FieldSpec, option_id: int, heir_id: int) -> Change:
    if spec.multiple:
        return Change(spec, None, UNSET, add=(heir_id,), remove=(option_id,))
    return Change(spec, None, heir_id)


def _holders(schema: ObjectSchema, spec: FieldSpec, option_id: int) -> list[int]:
    """The next live records with an option, by primary key."""
    rows = fetch(
        "SELECT record_id FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s "
        "AND live AND option = %s"
        f" ORDER BY record_id LIMIT {BATCH}",
        [schema.workspace_id, spec.id, option_id],
    )
    return [record_id for (record_id,) in rows]


@defining
def delete_option(author: Definer, option: FieldOption) -> None:
    """Take an option away; InvalidInput while live records have it, or the field needs it.

    The row stays, so that history and archived records remain readable.
    """
    rows = FieldOption.objects.select_for_update(of=("self",)).select_related("field")
    row = rows.get(
        workspace_id=author.workspace.id, id=option.id, deleted_at=None, field__deleted_at=None
    )
    # A writer that has just checked the option could otherwise store it after the count.
    hold_writers(row.workspace_id, [row.field.object_id])
    used = FieldValue.objects.filter(
        workspace_id=row.workspace_id, field_id=row.field_id, option=row.id, live=True
    )
    if count := used.count():
        raise InvalidInput(
            f"{count} record(s) have {row.name!r}: give them another value first.", "in_use"
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
