"""A number with decimal places."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from .base import JSON, FieldSpec, Guess, InvalidValue, Stored, field_types, settings_group
from .conditions import number_conditions
from .numeric import WHOLE, NumberType, are_numbers, exact_number, number_term, ungrouped

SETTINGS = "decimal_options"
MAX_PLACES = 10
BOUND = {"type": ["number", "null"]}
PLACES = {"type": ["integer", "null"]}
FORM = re.compile(rf"-?{WHOLE}(?:\.[0-9]+)?")


class DecimalNumber(NumberType):
    """A number of at most 15 significant digits, within the field's bounds and decimal places."""

    name = "decimal"
    label = "Decimal number"
    may_be_unique = True
    documented_settings = {
        SETTINGS: {"min_value": BOUND, "max_value": BOUND, "decimal_places": PLACES}
    }
    rules = {"minimum": (SETTINGS, "min_value"), "maximum": (SETTINGS, "max_value")}
    workspace_name = "number"
    workspace_aliases = ("float",)
    guess = Guess(3)
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
        return {
            "type": "number",
            **{name: bound for name, bound in bounds.items() if bound is not None},
        }

    def example(self, field: FieldSpec) -> JSON:
        options = field.settings.get(SETTINGS) or {}
        low, high = options.get("min_value"), options.get("max_value")
        number = 12.5 if options.get("decimal_places") != 0 else 12
        if low is not None and number < low:
            return low
        return high if high is not None and number > high else number

    def fits(self, texts: Collection[str]) -> bool:
        return are_numbers(FORM, texts)

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        sent = settings_group(settings, SETTINGS)
        places = _checked(sent, "decimal_places")
        if places is not None and (not isinstance(places, int) or not 0 <= places <= MAX_PLACES):
            raise InvalidValue(
                f"expected a whole number from 0 to {MAX_PLACES}.", at=(SETTINGS, "decimal_places")
            )
        low = _checked(sent, "min_value", places)
        high = _checked(sent, "max_value", places)
        if low is not None and high is not None and low > high:
            raise InvalidValue(
                "the minimum is greater than the maximum.", at=(SETTINGS, "min_value")
            )
        return {SETTINGS: {"min_value": low, "max_value": high, "decimal_places": places}}


def _checked(sent: Mapping[str, Any], key: str, places: int | None = None) -> int | float | None:
    value = sent.get(key)
    if value is None or value == "":
        return None
    try:
        return exact_number(value, places)
    except InvalidValue as problem:
        raise InvalidValue.of(problem, SETTINGS, key) from None


field_types.register(DecimalNumber.name, DecimalNumber())
