"""Validations of fields when they are saved: what they read, and that they are tests."""

from __future__ import annotations

from collections.abc import Iterable

from records.exceptions import InvalidInput, did_you_mean, quoted
from records.field_types import MAX_EXPRESSION, FieldSpec, InvalidValue, check_rule, field_types
from records.models import ExternalSource, Field

AT = "validation"
MAX_RULE = MAX_EXPRESSION


def settle_validation(row: Field, siblings: Iterable[Field] = ()) -> None:
    """Check the validation of a field that is saved; `siblings` are made with it, and not all of
    them are stored.

    InvalidInput for one that nobody's values would meet: of a computed field, of an expression
    that is no test, or that reads what there is not.
    """
    if not row.validation:
        return
    if row.computed or row.mirror_of_id is not None:
        raise InvalidInput("nobody writes the values of this field.", at=AT)
    of_object = {"workspace_id": row.workspace_id, "object_id": row.object_id}
    if ExternalSource.objects.filter(**of_object).exists():
        raise InvalidInput("the records live in another system, which checks them itself.", at=AT)
    stored = Field.objects.filter(**of_object, deleted_at=None)
    known = {field.name: field for field in (*stored, *siblings, row)}
    specs = {name: _spec(field) for name, field in known.items() if field.mirror_of_id is None}
    try:
        names = check_rule(row.validation, specs[row.name], specs.values())
    except InvalidValue as problem:
        raise InvalidInput(problem.message, problem.code, at=AT) from None
    for name, place in names.items():
        if name not in specs:
            near = did_you_mean(name, specs)
            reason = f"character {place}: there is no field {quoted(name)} with values of its own."
            raise InvalidInput(f"{reason}{near}", at=AT)


def _spec(field: Field) -> FieldSpec:
    """As much of a field as a trial of an expression needs."""
    kind = field_types.get(field.field_type).typed(field.settings)
    return FieldSpec(0, "", field.name, "", kind, relation_kind=field.relation_kind)
