"""Rules for a field's values beyond its type: expressions in CEL that have to be true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from .base import FieldSpec, InvalidValue, Stored, check_text
from .expression_values import SAMPLES, TRIED_IN, data_read, readable, sample_data
from .expressions import MAX_EXPRESSION, ROOTS, never_boolean, program, reason
from .surroundings import Surroundings, activation, check_reads, member_read

VALUE = "value"
VALIDATION_ROOTS = ROOTS | {VALUE}
NOT_A_TEST = "It must be true or false: write a comparison of value."
READS_A_BLANK = "It reads a field that is blank."


def check_rule(expression: str, field: FieldSpec, fields: Iterable[FieldSpec]) -> dict[str, int]:
    """The API names that a validation of `field` reads, each with its place; InvalidValue unless
    it can be evaluated, and is true or false.

    `fields` are those of the object that have values of their own.
    """
    text = check_text(expression, MAX_EXPRESSION)
    program(text, VALIDATION_ROOTS)
    names = check_reads(text, VALIDATION_ROOTS)
    kinds = set(_kinds(text, field, list(fields)))
    if kinds - {"BoolType"} or (not kinds and never_boolean(text, VALIDATION_ROOTS)):
        raise InvalidValue(NOT_A_TEST)
    return names


def _kinds(text: str, field: FieldSpec, fields: list[FieldSpec]) -> Iterable[str]:
    """The types of what the expression makes of sample values."""
    for sample in SAMPLES:
        own = sample_data([field], sample)
        if not own:  # a document, which may be anything
            continue
        shown = {**activation(sample_data(fields, sample), TRIED_IN), VALUE: own[field.name]}
        try:
            yield type(program(text, VALIDATION_ROOTS)(shown)).__name__
        except Exception:  # noqa: BLE001, S112 (whatever the library raises, it is no result)
            continue


@lru_cache(1000)
def rule_reads(expression: str) -> frozenset[str]:
    """The API names that a stored validation reads."""
    return frozenset(check_reads(expression, VALIDATION_ROOTS))


def rule_reads_member(expression: str) -> bool:
    """Whether a stored validation looks at the record's member."""
    return bool(member_read(expression, VALIDATION_ROOTS))


def broken(
    field: FieldSpec,
    fields: Iterable[FieldSpec],
    values: Mapping[str, Stored],
    around: Surroundings,
) -> str | None:
    """Why a record's value breaks the field's validation, in a sentence that shows none; empty
    where it is plainly false, and None where it holds or the field is blank."""
    stored = values.get(str(field.id))
    if stored is None or not field.validation:
        return None
    try:
        data = data_read(field.validation, fields, values)
        shown: dict[str, Any] = {**activation(data, around), VALUE: readable(field, stored)}
        result = program(field.validation, VALIDATION_ROOTS)(shown)
    except Exception as problem:  # noqa: BLE001 (whatever the library raises, the rule has no result)
        return reason(problem) or READS_A_BLANK
    if type(result).__name__ != "BoolType":
        return "It is neither true nor false."
    return None if result else ""
