"""The values of records as expressions see them, and what becomes of results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .base import JSON, FieldSpec, InvalidValue, Stored
from .checkbox import Checkbox
from .date import Date
from .date_time import DateTime
from .decimal_number import DecimalNumber
from .money import Money
from .numeric import NumberType
from .surroundings import NOBODY, Surroundings

BY_KEY = ("related_record", "member", "attachment")  # columns of fields that hold keys
NO_VALUE = (
    "A linked record, member or file has no value of its own: compare it with null or another "
    "one, or count a list of them with size()."
)
# Where expressions are tried: the types of results are the same everywhere.
TRIED_IN = Surroundings(datetime(2026, 1, 1), {**NOBODY, "name": "a", "labels": ["a"]})  # noqa: DTZ001
# What fields may hold when an expression is tried: a number, a flag and a text.
SAMPLES = ((2, True, "a"), (7, False, "2"))


class Link:
    """A linked record, member or file as an expression sees it: it is the same as another one or
    not, and its key in the database stays inside."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Link):
            raise TypeError(NO_VALUE)
        return bool(self._key == other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    def __str__(self) -> str:
        raise TypeError(NO_VALUE)  # string(record.data.owner)

    def __repr__(self) -> str:
        return "<link>"


def data_read(
    expression: str, fields: Iterable[FieldSpec], values: Mapping[str, Stored]
) -> dict[str, Any]:
    """The values that an expression may read of these fields, by API name; blank ones are left
    out."""
    return {
        spec.name: readable(spec, stored)
        for spec in fields
        if spec.name in expression and (stored := values.get(str(spec.id))) is not None
    }


def readable(spec: FieldSpec, stored: Stored) -> JSON:
    """A stored value as an expression sees it: options by name, moments as such, decimals as
    doubles, documents as maps and lists."""
    from celpy import celtypes
    from celpy.adapter import json_to_cel

    if spec.type.is_document:
        return json_to_cel(stored)
    if spec.type.column in BY_KEY and not isinstance(stored, list):
        return Link(stored)
    if isinstance(stored, list):
        return celtypes.ListType([readable(spec, item) for item in stored])
    if spec.type.column == "option":
        return celtypes.StringType(spec.options[stored].name)
    if isinstance(spec.type, DateTime):
        return celtypes.TimestampType(stored)
    if isinstance(spec.type, DecimalNumber | Money):
        return celtypes.DoubleType(stored)
    if isinstance(stored, bool):
        return celtypes.BoolType(stored)
    if isinstance(stored, int):
        return celtypes.IntType(stored)
    return celtypes.DoubleType(stored) if isinstance(stored, float) else celtypes.StringType(stored)


def plain(result: Any) -> JSON:
    """An expression's result as JSON; a list or a map is none that a field holds."""
    from celpy import celtypes

    if isinstance(result, Link):
        raise InvalidValue(NO_VALUE)
    if result is None:
        raise InvalidValue("The result of the expression is null.")
    if isinstance(result, celtypes.BoolType):
        return bool(result)
    if isinstance(result, celtypes.TimestampType | celtypes.DurationType):
        return str(result)
    for kind in (str, int, float):
        if isinstance(result, kind):
            return kind(result)
    raise InvalidValue("The result of the expression must be a text, a number or a boolean.")


def sample_data(fields: Iterable[FieldSpec], sample: tuple[int, bool, str]) -> dict[str, Any]:
    """Values that these fields may hold, by API name, as expressions see them."""
    tried = {spec.name: sample_value(spec, *sample) for spec in fields}
    return {name: value for name, value in tried.items() if value is not None}


def sample_value(spec: FieldSpec, number: int, flag: bool, text: str) -> Any:
    """A value as `readable` makes it of the field's; None for a document, which may be anything."""
    from celpy import celtypes

    if spec.type.is_document:
        return None
    scalar: Any = celtypes.StringType(text)
    if isinstance(spec.type, DateTime):
        scalar = celtypes.TimestampType("2026-01-01T00:00:00Z")
    elif isinstance(spec.type, Date):
        scalar = celtypes.StringType(f"2026-01-0{number}")
    elif isinstance(spec.type, DecimalNumber | Money):
        scalar = celtypes.DoubleType(number)
    elif isinstance(spec.type, Checkbox):
        scalar = celtypes.BoolType(flag)
    elif spec.type.column in BY_KEY:
        scalar = Link(number)
    elif isinstance(spec.type, NumberType):
        scalar = celtypes.IntType(number)
    return celtypes.ListType([scalar]) if spec.multiple else scalar
