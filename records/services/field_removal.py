"""Deleting a field: gone at once for every caller, then cleared out of the records, batch after batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from records.exceptions import InvalidInput, NotAllowed
from records.field_types.formula import names
from records.models import Field

from .access import Author
from .definers import Definer, defining
from .definition_versions import touch
from .directory import Directory, load_workspace, schema_in_any_state
from .effects import Effects
from .locked import LockedRecords
from .naming import FORMULA
from .object_schema import PATTERN_PART, ObjectSchema
from .record_rows import lock_records
from .sql import execute, fetch, in_ids
from .transactions import in_one_transaction

BATCH = 500


@defining
def delete_field(author: Definer, field_id: int) -> list[int]:
    """Take a field away, and with a relationship its mirror; the keys of the fields whose values are to be cleared.

    From the next request on nobody sees it. Its row stays, so that history remains readable; its API name is free
    again. InvalidInput for a field that the object needs.
    """
    rows = Field.objects.select_for_update(of=("self",)).filter(workspace_id=author.workspace.id, deleted_at=None)
    row = rows.select_related("object").get(id=field_id)
    partner = rows.select_related("object").filter(id=row.mirror_of_id or 0).first()
    partner = partner or rows.select_related("object").filter(mirror_of_id=row.pk).first()
    doomed = [row, partner] if partner is not None else [row]
    for field in doomed:
        _check_may_go(field)
    for field in doomed:
        field.deleted_at = timezone.now()
        field.save()
    touch(author.workspace.id, {field.object_id for field in doomed})
    return [field.pk for field in doomed if field.mirror_of_id is None and not field.computed]


def _check_may_go(row: Field) -> None:
    if not row.is_deletable:
        raise NotAllowed(f"{row.display_name} is one of the fields every object has: it cannot be deleted.")
    if row.object.identifier_field_id == row.pk:
        raise InvalidInput(f"Records are identified by {row.display_name}: it cannot be deleted.", "in_use")
    if row.name in PATTERN_PART.findall(row.object.display_pattern):
        message = f"The display pattern of {row.object.object_name} names {row.display_name}: change the pattern first."
        raise InvalidInput(message, "in_use")
    others = Field.objects.filter(workspace_id=row.workspace_id, object_id=row.object_id, deleted_at=None)
    for formula in others.filter(computed=FORMULA):
        if names(formula.settings, row.name):
            message = f"The formula {formula.display_name} names {row.display_name}: change the formula first."
            raise InvalidInput(message, "in_use")


def count_holders(workspace_id: int, field_id: int) -> int:
    """How many records still have a value of a field, archived ones too."""
    rows = fetch(
        "SELECT count(DISTINCT record_id) FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s",
        [workspace_id, field_id],
    )
    return int(rows[0][0])


def find_holders(workspace_id: int, field_id: int) -> list[int]:
    """The next records, by primary key, that still have a value of a field, archived ones too."""
    rows = fetch(
        "SELECT DISTINCT record_id FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s"
        f" ORDER BY record_id LIMIT {BATCH}",
        [workspace_id, field_id],
    )
    return [row[0] for row in rows]


def clear_values(author: Author, field_id: int, record_ids: Sequence[int]) -> int:
    """Take a deleted field's values out of these records, live or not; the number of records that had one.

    Each such record has a ledger row that says what was taken, so that replaying the ledger still gives the record.
    """

    def work() -> int:
        schema = _schema(author, field_id)
        effects = Effects(_with_reason(author, schema, field_id), schema, LockedRecords(schema), {}, alone=False)
        changed = 0
        for row in lock_records(schema, in_ids("r.id", record_ids)):
            values = {key: value for key, value in row.values.items() if key != str(field_id)}
            if len(values) < len(row.values):
                effects.apply(row, values, "updated")
                changed += 1
        effects.store()
        chosen, params = in_ids("record_id", record_ids)
        execute(
            f"DELETE FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s AND {chosen}",
            [schema.workspace_id, field_id, *params],
        )
        return changed

    return in_one_transaction(work)


def _schema(author: Author, field_id: int) -> ObjectSchema:
    """The field's object, which may be archived by now."""
    workspace = load_workspace(author.workspace.id)
    object_id = Field.objects.values_list("object_id", flat=True).get(workspace_id=workspace.id, id=field_id)
    return schema_in_any_state(Directory(workspace), object_id)


def _with_reason(author: Author, schema: ObjectSchema, field_id: int) -> Author:
    """The author, with the reason that the ledger shall name."""
    return replace(author, reason=f"The field {schema.all_fields[field_id].display_name} was deleted")
