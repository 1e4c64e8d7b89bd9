"""A whole number."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .base import JSON, FieldSpec, Guess, InvalidValue, Stored, field_types, settings_group
from .conditions import number_conditions
from .numeric import (
    MAX_INTEGER,
    MIN_INTEGER,
    NumberType,
    are_integers,
    number_term,
    ungrouped,
    whole_number,
)

SETTINGS = "integer_options"


class Integer(NumberType):
    """A 64-bit whole number, within the field's bounds."""

    name = "integer"
    label = "Whole number"
    may_be_unique = True
    optional_settings = {SETTINGS: ("min_value", "max_value")}
    documented_settings = {
        SETTINGS: {key: {"type": ["integer", "null"]} for key in ("min_value", "max_value")}
    }
    rules = {"minimum": (SETTINGS, "min_value"), "maximum": (SETTINGS, "max_value")}
    workspace_aliases = ("int",)
    guess = Guess(2)
    conditions = number_conditions(number_term)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if raw == "":
            return None
        number, (low, high) = whole_number(raw), _limits(field)
        if low is not None and number < low:
            raise InvalidValue(f"Ensure this value is at least {low}.")
        if high is not None and number > high:
            raise InvalidValue(f"Ensure this value is at most {high}.")
        return number

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        return ungrouped(text)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        low, high = _limits(field)
        return {
            "type": "integer",
            "minimum": MIN_INTEGER if low is None else low,
            "maximum": MAX_INTEGER if high is None else high,
        }

    def example(self, field: FieldSpec) -> JSON:
        low, high = _limits(field)
        return max(
            MIN_INTEGER if low is None else low, min(42, MAX_INTEGER if high is None else high)
        )

    def fits(self, texts: Collection[str]) -> bool:
        return are_integers(texts)

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        sent = settings_group(settings, SETTINGS)
        low, high = _checked(sent, "min_value"), _checked(sent, "max_value")
        if low is None and high is None:
            return {}
        if low is not None and high is not None and low > high:
            raise InvalidValue(
                "the minimum is greater than the maximum.", at=(SETTINGS, "min_value")
            )
        return {SETTINGS: {"min_value": low, "max_value": high}}


def _limits(field: FieldSpec) -> tuple[int | None, int | None]:
    options = field.settings.get(SETTINGS)
    return (options["min_value"], options["max_value"]) if options else (None, None)


def _checked(sent: Mapping[str, Any], key: str) -> int | None:
    value = sent.get(key)
    if value is None or value == "":
        return None
    try:
        return whole_number(value)
    except InvalidValue as problem:
        raise InvalidValue.of(problem, SETTINGS, key) from None


field_types.register(Integer.name, Integer())
