"""A number with decimal places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import JSON, FieldSpec, FieldType, InvalidValue, Stored, field_types, settings_group
from .conditions import number_conditions
from .numeric import exact_number, number_term, ungrouped

SETTINGS = "decimal_options"
MAX_PLACES = 10


class DecimalNumber(FieldType):
    """A number of at most 15 significant digits, within the field's bounds and decimal places."""

    name = "decimal"
    column = "number"
    may_be_unique = True
    conditions = number_conditions(number_term)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if raw == "":
            return None
        options = field.settings.get(SETTINGS)
        if not options:
            return exact_number(raw)
        number = exact_number(raw, options["decimal_places"])
        low, high = options["min_value"], options["max_value"]
        if low is not None and number < low:
            raise InvalidValue(f"Ensure this value is at least {low}.")
        if high is not None and number > high:
            raise InvalidValue(f"Ensure this value is at most {high}.")
        return number

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        return ungrouped(text)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        options = field.settings.get(SETTINGS) or {}
        bounds = {"minimum": options.get("min_value"), "maximum": options.get("max_value")}
        return {"type": "number", **{name: bound for name, bound in bounds.items() if bound is not None}}

    def example(self, field: FieldSpec) -> JSON:
        options = field.settings.get(SETTINGS) or {}
        low, high = options.get("min_value"), options.get("max_value")
        number = 12.5 if options.get("decimal_places") != 0 else 12
        if low is not None and number < low:
            return low
        return high if high is not None and number > high else number

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        sent = settings_group(settings, SETTINGS)
        places = _checked(sent, "decimal_places")
        if places is not None and (not isinstance(places, int) or not 0 <= places <= MAX_PLACES):
            raise InvalidValue(f"{SETTINGS}: decimal_places: expected a whole number from 0 to {MAX_PLACES}.")
        low = _checked(sent, "min_value", places)
        high = _checked(sent, "max_value", places)
        if low is not None and high is not None and low > high:
            raise InvalidValue(f"{SETTINGS}: min_value is greater than max_value.")
        return {SETTINGS: {"min_value": low, "max_value": high, "decimal_places": places}}


def _checked(sent: Mapping[str, Any], key: str, places: int | None = None) -> int | float | None:
    value = sent.get(key)
    if value is None or value == "":
        return None
    try:
        return exact_number(value, places)
    except InvalidValue as problem:
        raise InvalidValue(f"{SETTINGS}: {key}: {problem.message}", problem.code) from None


field_types.register(DecimalNumber.name, DecimalNumber())
