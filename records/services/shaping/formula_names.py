"""Formulas when they are saved: the fields they read, and the type of their results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from records.exceptions import InvalidInput, did_you_mean, quoted
from records.field_types import FieldSpec, FieldType, InvalidValue, field_types
from records.models import Field


def settle_formula(row: Field, siblings: Iterable[Field] = ()) -> None:
    """Check what a new formula reads, and note the type of its results where that can be told.

    `siblings` are made with it, and not all of them are stored. InvalidInput for a formula that
    reads itself, another computed field or a field that does not exist, calls what there is not,
    can never have a result, or has results of a type that neither it nor its settings tell.
    """
    kind = field_types.get(row.field_type)
    if "result_type" not in kind.rules:
        return
    fields = _fields(row, siblings)
    _check_names(row, kind, fields)
    asked, made = result_type(row, row.settings), _made(row, kind, fields)
    if asked not in ("", "text") and not _fits(made, asked):
        raise InvalidInput(f"it makes a {made}, not a {asked}.", at=kind.rules["expression"])
    if not asked and not made:
        raise InvalidInput(_asking(kind), "required", at=kind.rules["result_type"])
    _set_result_type(row, asked or made)


def resettle_formula(row: Field, former: Mapping[str, Any]) -> None:
    """Check what a changed formula reads; `former` are its settings before.

    The type of its results stays: values that are stored are found by it.
    """
    kind = field_types.get(row.field_type)
    if "result_type" not in kind.rules:
        return
    fields = _fields(row, ())
    _check_names(row, kind, fields)
    kept, asked = result_type(row, former), result_type(row, row.settings)
    made = _made(row, kind, fields)
    if asked not in ("", kept or "text"):
        message = "the result type of a field cannot be changed; create another field instead."
        raise InvalidInput(message, at=kind.rules["result_type"])
    # Formulas without a type, made before there were types, hold any result.
    if kept and not _fits(made, kept):
        message = f"it makes a {made}, and the results of this field are {kept}s."
        raise InvalidInput(message, at=kind.rules["expression"])
    _set_result_type(row, kept)


def _asking(kind: FieldType) -> str:
    group, key = kind.rules["result_type"]
    known = ", ".join(kind.documented_settings[group][key]["enum"])
    return f"the expression does not tell the type of its results; send one of {known}."


def _fits(made: str, kept: str) -> bool:
    """Whether results of one type may be in a field of another: a day is written as a text, and
    texts may be days."""
    return made in ("", kept) or {made, kept} == {"text", "date"}


def result_type(row: Field, settings: Mapping[str, Any]) -> str:
    """The type of results in a formula's settings; empty where they have none."""
    group, key = field_types.get(row.field_type).rules["result_type"]
    return str(settings.get(group, {}).get(key, ""))


def _made(row: Field, kind: FieldType, fields: Iterable[Field]) -> str:
    """The type of results that the formula makes; InvalidInput if it never makes any."""
    try:
        return kind.result_of(row.settings, _specs(row, kind, fields))
    except InvalidValue as problem:
        raise InvalidInput(problem.message, problem.code, at=kind.rules["expression"]) from None


def _set_result_type(row: Field, result: str) -> None:
    group, key = field_types.get(row.field_type).rules["result_type"]
    if result:
        row.settings = {**row.settings, group: {**row.settings[group], key: result}}


def _fields(row: Field, siblings: Iterable[Field]) -> list[Field]:
    """The other fields of the formula's object."""
    stored = Field.objects.filter(
        workspace_id=row.workspace_id, object_id=row.object_id, deleted_at=None
    )
    known = {field.name: field for field in (*stored, *siblings)}
    return [field for field in known.values() if field.name != row.name]


def _specs(row: Field, kind: FieldType, fields: Iterable[Field]) -> list[FieldSpec]:
    """As much of the fields that the formula reads as a trial of it needs."""
    names = kind.names_read(row.settings)
    return [
        FieldSpec(
            *(0, "", field.name, "", field_types.get(field.field_type)),
            relation_kind=field.relation_kind,
        )
        for field in fields
        if field.name in names
    ]


def _check_names(row: Field, kind: FieldType, fields: Iterable[Field]) -> None:
    computed = {
        field.name: bool(field.computed) or field.mirror_of_id is not None for field in fields
    }
    at = kind.rules["expression"]
    if not row.settings.get(at[0], {}).get(at[1]):
        raise InvalidInput("this key is required.", "required", at=at)
    try:
        names = kind.names_read(row.settings)
    except InvalidValue as problem:
        raise InvalidInput(problem.message, problem.code, at=at) from None
    for name, place in names.items():
        reason = _refused(row, name, computed)
        if reason:
            message = f"character {place}: {reason}"
            raise InvalidInput(message, at=at)


def _refused(row: Field, name: str, computed: Mapping[str, bool]) -> str:
    """Why a formula may not read the field of this name; empty if it may."""
    if name == row.name:
        return "a formula cannot read its own field."
    if name not in computed:
        readable = (known for known in computed if not computed[known])
        return f"there is no field {quoted(name)}.{did_you_mean(name, readable)}"
    if computed[name]:
        return f"{name!r} is computed, or the far side of a relationship: it cannot be read."
    return ""
