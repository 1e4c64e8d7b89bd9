"""Clearing the values of deleted fields out of the records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from records.exceptions import Conflict, InvalidInput, NotFound
from records.field_types import FieldSpec
from records.models import Field, Job
from records.services.access import Author, Definer, defining, renewed
from records.services.catalogue import ObjectSchema, hold_writers
from records.services.shaping import (
    clear_values,
    count_holders,
    delete_field,
    field_references,
    find_holders,
)
from records.services.views import views_naming

from .job_runs import start_job
from .steps import Step, kinds

CLEAR_FIELD = "clear_field"


def start_clearing(author: Author, field_ids: Iterable[int]) -> None:
    """Begin to clear these deleted fields, one job for each that has values."""
    for field_id in field_ids:
        total = count_holders(author.workspace.id, field_id)
        if total:
            object_id = Field.objects.values_list("object_id", flat=True).get(
                workspace_id=author.workspace.id, id=field_id
            )
            start_job(author, CLEAR_FIELD, object_id, {"field_id": field_id}, total)


def remove_type_field(author: Author, schema: ObjectSchema, field_id: int, *, force: bool) -> None:
    """Delete a field of a data type, and begin to clear its values.

    Conflict while records have a value, or something names the field, unless `force`: names of
    records lose it then, and formulas that read it are blank. InvalidInput for a default field.
    """
    _remove(author, author, schema.id, field_id, force=force)


def removal_reasons(author: Author, schema: ObjectSchema, field_id: int) -> list[str]:
    """What would lose something if this field went: values of records, formulas that read it, the
    names of records, and saved views; each in words. NotFound for no field of the object."""
    spec = schema.by_id.get(field_id)
    if spec is None:
        raise NotFound
    return list(_reasons(author, schema, spec))


@defining
def _remove(
    definer: Definer, author: Author, object_id: int, field_id: int, *, force: bool
) -> None:
    author = renewed(author)
    schema = author.directory.schema(object_id)
    spec = schema.by_id.get(field_id)
    if spec is None:
        raise NotFound
    if not spec.is_deletable:
        raise InvalidInput(f"{spec.name!r} is a default field: it cannot be deleted.")
    # A record that is being written could have a value when it is too late to refuse.
    hold_writers(schema.workspace_id, {object_id, spec.related_object_id or object_id})
    reasons = [] if force else list(_reasons(author, schema, spec))
    if reasons:
        message = f"{'; '.join(reasons)}: send force=true to delete the field all the same."
        raise Conflict(message, "in_use")
    start_clearing(author, delete_field(definer, field_id, even_used=force))


def _reasons(author: Author, schema: ObjectSchema, spec: FieldSpec) -> Iterator[str]:
    """Why a field is not deleted without more ado."""
    # The links of a relationship are stored on its near side.
    held = 0 if spec.computed else count_holders(schema.workspace_id, spec.mirror_of_id or spec.id)
    if held:
        yield f"{held} record(s) have a value, archived ones included"
    found = field_references(author, schema, spec)
    mirrored = () if found.mirror is None else (found.mirror,)
    for owner, used in ((schema, spec), *mirrored):
        uses = found.uses if used is spec else field_references(author, owner, used).uses
        for formula in uses.formulas:
            yield f"the formula {formula.name!r} reads it"
        for checked in uses.validations:
            yield f"the validation of {checked.name!r} reads it"
        if uses.in_pattern:
            yield f"the display pattern of {owner.name!r} shows it"
        for view in views_naming(author, owner, used):
            yield f"the saved view {view.name!r} names it"


def _clear(author: Author, job: Job) -> Step:
    field_id: int = job.parameters["field_id"]
    # Cleared records are no longer found, so a resumed job needs no position.
    records = find_holders(job.workspace_id, field_id)
    if not records:
        return Step(None)
    clear_values(author, field_id, records)
    return Step(job.position + len(records), len(records))


kinds.register(CLEAR_FIELD, _clear)
