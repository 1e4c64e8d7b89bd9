"""Deleting a field: hidden from every caller at once, then cleared from the records in batches."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone

from records.exceptions import InvalidInput, NotAllowed
from records.models import Field
from records.services.access import Author, Definer, because, defining
from records.services.catalogue import (
    Directory,
    ObjectSchema,
    load_workspace,
    read_uncommitted,
    schema_in_any_state,
    touch,
)
from records.services.database import fetch, in_one_transaction
from records.services.storage import rename_records
from records.services.writing import remove_field

from .field_uses import Uses, uses_of

BATCH = 500


@defining
def delete_field(author: Definer, field_id: int, *, even_used: bool = False) -> list[int]:
    """Take a field away, and with a relationship its mirror; the keys of the fields whose values
    are to be cleared.

    No later request sees it. Its row stays, so history remains readable; its API name is free
    again. InvalidInput for a field that the object needs. `even_used`: names of records lose it,
    formulas that read it are blank, and validations that read it are taken away.
    """
    doomed = _lock_with_partner(author.workspace.id, field_id)
    # Both checked before either is changed: the partner may be what cannot go.
    directory = read_uncommitted(author.workspace.id)
    uses = [_check_may_go(field, directory, even_used=even_used) for field in doomed]
    shown = [field.object_id for field, used in zip(doomed, uses, strict=True) if used.in_pattern]
    _drop_rules(author.workspace.id, [rule.id for used in uses for rule in used.validations])
    for field in doomed:
        field.deleted_at = timezone.now()
        field.save()
    touch(author.workspace.id, {field.object_id for field in doomed})
    if shown:
        renewed = read_uncommitted(author.workspace.id)
        for object_id in set(shown) & renewed.objects.keys():
            rename_records(renewed, renewed.schema(object_id))
    # Mirrors and computed fields store no values.
    return [field.pk for field in doomed if field.mirror_of_id is None and not field.computed]


def _drop_rules(workspace_id: int, field_ids: Sequence[int]) -> None:
    """Take away the validations of these fields: what they read is going, so they would refuse
    every value."""
    for field in Field.objects.filter(workspace_id=workspace_id, id__in=field_ids, deleted_at=None):
        field.validation = field.validation_message = ""
        field.save()


def _lock_with_partner(workspace_id: int, field_id: int) -> list[Field]:
    """The field, and the one at the other end of a relationship."""
    # The lock names the fields alone, and leaves their objects to writers of records.
    live = Field.objects.select_for_update(of=("self",)).filter(
        workspace_id=workspace_id, deleted_at=None
    )
    rows = live.select_related("object")
    row = rows.get(id=field_id)
    partner = rows.filter(Q(id=row.mirror_of_id) | Q(mirror_of_id=row.pk)).first()
    return [row] if partner is None else [row, partner]


def _check_may_go(row: Field, directory: Directory, *, even_used: bool) -> Uses:
    """What the field is used for, where it may go."""
    if not row.is_deletable:
        raise NotAllowed(f"{row.display_name} is a default field: it cannot be deleted.")
    used = uses_of(schema_in_any_state(directory, row.object_id), row.name)
    if used.is_identifier:
        raise InvalidInput(
            f"{row.display_name} identifies the records: it cannot be deleted.", "in_use"
        )
    if even_used:
        return used
    # Names of records would silently lose a part.
    if used.in_pattern:
        message = (
            f"The display pattern of {row.object.object_name} uses {row.display_name}: change "
            "the pattern first."
        )
        raise InvalidInput(message, "in_use")
    for formula in used.formulas:
        message = (
            f"The formula {formula.display_name} uses {row.display_name}: change the formula first."
        )
        raise InvalidInput(message, "in_use")
    for checked in used.validations:
        message = (
            f"The validation of {checked.display_name} uses {row.display_name}: change it first."
        )
        raise InvalidInput(message, "in_use")
    return used


def count_holders(workspace_id: int, field_id: int) -> int:
    """How many records still have a value of a field, archived ones too."""
    ((count,),) = fetch(
        "SELECT count(DISTINCT record_id) FROM records_fieldvalue WHERE workspace_id = %s "
        "AND field_id = %s",
        [workspace_id, field_id],
    )
    return int(count)


def find_holders(workspace_id: int, field_id: int) -> list[int]:
    """The next records, by primary key, that still have a value of a field, archived ones too."""
    rows = fetch(
        "SELECT DISTINCT record_id FROM records_fieldvalue WHERE workspace_id = %s AND "
        "field_id = %s"
        f" ORDER BY record_id LIMIT {BATCH}",
        [workspace_id, field_id],
    )
    return [record_id for (record_id,) in rows]


def clear_values(author: Author, field_id: int, record_ids: Sequence[int]) -> int:
    """Take a deleted field's values out of these records, live or not; the number of records that
    had one.

    Each such record gets a ledger row with what was taken: replaying the ledger still gives the
    record.
    """

    def work() -> int:
        schema = _schema(author, field_id)
        reason = f"The field {schema.all_fields[field_id].display_name} was deleted"
        return remove_field(because(author, reason), schema, field_id, record_ids)

    return in_one_transaction(work)


def _schema(author: Author, field_id: int) -> ObjectSchema:
    """The field's object, which may have been archived."""
    workspace = load_workspace(author.workspace.id)
    object_id = Field.objects.values_list("object_id", flat=True).get(
        workspace_id=workspace.id, id=field_id
    )
    return schema_in_any_state(Directory(workspace), object_id)
