"""A number of stars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import JSON, FieldSpec, InvalidValue, Stored, field_types, settings_group
from .conditions import number_conditions
from .numeric import NumberType, number_term, whole_number

SETTINGS = "rating"
SCALES = (5, 10)


class Rating(NumberType):
    """A whole number from 1 to the top of the field's scale."""

    name = "rating"
    label = "Rating"
    documented_settings = {SETTINGS: {"max_value": {"type": "integer", "enum": list(SCALES)}}}
    conditions = number_conditions(number_term)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if raw == "":
            return None
        stars, top = whole_number(raw), _top(field)
        if 1 <= stars <= top:
            return stars
        raise InvalidValue(f"Expected a whole number from 1 to {top}.")

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        return text.strip()

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": _top(field)}

    def example(self, field: FieldSpec) -> JSON:
        return 4

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        top = settings_group(settings, SETTINGS).get("max_value")
        if top is None:
            return {SETTINGS: {"max_value": SCALES[0]}}
        if type(top) is not int or top not in SCALES:
            raise InvalidValue("expected 5 or 10.", at=(SETTINGS, "max_value"))
        return {SETTINGS: {"max_value": top}}


def _top(field: FieldSpec) -> int:
    options = field.settings.get(SETTINGS)
    top: int = options["max_value"] if options else SCALES[0]
    return top


field_types.register(Rating.name, Rating())
