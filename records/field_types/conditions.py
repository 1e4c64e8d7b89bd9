"""The filter conditions that families of field types share (contract: one table of names per
family)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .base import (
    JSON,
    Condition,
    FieldSpec,
    InvalidValue,
    Test,
    check_list,
    check_text,
)
from .folding import index_text, search_text

MAX_ENTRIES = 1000
MAX_TERM = 10_000

Scalar = Callable[[FieldSpec, JSON], Any]


def one(op: str, scalar: Scalar, *, negated: bool = False) -> Condition:
    """A condition whose value is a single scalar."""

    def condition(field: FieldSpec, value: JSON) -> Test:
        return Test(op, scalar(field, value), negated, field.language)

    return condition


def some(scalar: Scalar, *, negated: bool = False) -> Condition:
    """A condition whose value is a list of scalars, any of which may be met."""

    def condition(field: FieldSpec, value: JSON) -> Test:
        if not isinstance(value, list):
            raise InvalidValue("Expected a list.")
        entries = check_list(value, MAX_ENTRIES)
        found = tuple(scalar(field, entry) for entry in entries)
        return Test("in", found, negated, field.language)

    return condition


def is_blank(field: FieldSpec, value: JSON) -> Test:
    """No value at all (true), or any (false)."""
    if not isinstance(value, bool):
        raise InvalidValue("Expected true or false.")
    return Test("any", None, negated=value)


def between(scalar: Scalar) -> Condition:
    """Within `[low, high]`, both included."""

    def condition(field: FieldSpec, value: JSON) -> Test:
        if not isinstance(value, list) or len(value) != 2:
            raise InvalidValue("Expected a list of two values, the lower and the upper bound.")
        return Test("between", (scalar(field, value[0]), scalar(field, value[1])))

    return condition


def only(scalar: Scalar) -> Scalar:
    """`scalar`, which may also come as a list of one."""

    def read(field: FieldSpec, value: JSON) -> Any:
        if isinstance(value, list):
            if len(value) != 1:
                wanted = "one value, not several" if value else "at least one value"
                raise InvalidValue(f"Expected {wanted}.")
            value = value[0]
        return scalar(field, value)

    return read


def term(field: FieldSpec, value: JSON) -> str:
    """A part of a text to seek, in the form the index has."""
    return search_text(check_text(value, MAX_TERM))


def whole_text(field: FieldSpec, value: JSON) -> str:
    """A text to compare with, in the form the index has."""
    return index_text(check_text(value, MAX_TERM), field.language)


def text_conditions(scalar: Scalar = whole_text) -> Mapping[str, Condition]:
    """text, email, phonenumber, timezone. `scalar` reads whole values; parts are always plain
    terms."""
    return {
        "=": one("eq", scalar),
        "!=": one("eq", scalar, negated=True),
        "is_any_of": some(scalar),
        "is_none_of": some(scalar, negated=True),
        "contains": one("contains", term),
        "!contains": one("contains", term, negated=True),
        "starts_with": one("starts_with", term),
        "!starts_with": one("starts_with", term, negated=True),
        "ends_with": one("ends_with", term),
        "!ends_with": one("ends_with", term, negated=True),
        "is_blank": is_blank,
    }


def number_conditions(scalar: Scalar) -> dict[str, Condition]:
    """integer, decimal, money, rating; dates and datetimes too."""
    return {
        "=": one("eq", scalar),
        "!=": one("eq", scalar, negated=True),
        "<": one("lt", scalar),
        "<=": one("lte", scalar),
        ">": one("gt", scalar),
        ">=": one("gte", scalar),
        "between": between(scalar),
        "is_any_of": some(scalar),
        "is_none_of": some(scalar, negated=True),
        "is_blank": is_blank,
    }


def single_conditions(scalar: Scalar) -> Mapping[str, Condition]:
    """Choices, members: equal to one, or to one of several."""
    return {
        "=": one("eq", scalar),
        "!=": one("eq", scalar, negated=True),
        "is_any_of": some(scalar),
        "is_none_of": some(scalar, negated=True),
        "is_blank": is_blank,
    }


def list_conditions(scalar: Scalar) -> Mapping[str, Condition]:
    """Lists of options: holding one, or any of several."""
    return {
        "has": one("eq", only(scalar)),
        "!has": one("eq", only(scalar), negated=True),
        "has_any": some(scalar),
        "!has_any": some(scalar, negated=True),
        "is_blank": is_blank,
    }
