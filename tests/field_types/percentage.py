"""A field type that the product does not have: all that it is stands here."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from records.field_types import FieldSpec, FieldType, Guess, InvalidValue, References, field_types
from records.field_types.base import JSON, Stored, settings_group
from records.field_types.conditions import number_conditions
from records.field_types.numeric import exact_number, number_term

SETTINGS = "percentage_options"


class Percentage(FieldType):
    """A number from 0 to the field's maximum, which people read and write with its sign."""

    name = "percentage"
    label = "Percentage"
    column = "number"
    plain = False
    sent_by = "percent"
    is_numeric = True
    conditions = number_conditions(number_term)
    workspace_name = "percent"
    workspace_aliases = ("ratio",)
    rules = {"maximum": (SETTINGS, "most")}
    documented_settings = {
        SETTINGS: {"most": {"type": "integer"}, "unit": {"type": ["string", "null"]}}
    }
    text_settings = ("unit",)
    guess = Guess(10, re.compile(r"[0-9.]+ ?%\Z"))

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        raw = raw.get("percent") if isinstance(raw, dict) else raw
        if raw == "":
            return None
        number, most = exact_number(raw), _most(field)
        if 0 <= number <= most:
            return number
        raise InvalidValue(f"Expected a percentage from 0 to {most}.")

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        return text.strip().removesuffix("%").rstrip()

    def to_json(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        return {"percent": stored, "of": _most(field)}

    def to_plain(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        return stored

    def to_cell(self, field: FieldSpec, shown: JSON) -> str:
        return f"{shown['percent']} %"

    def to_words(self, field: FieldSpec, shown: JSON) -> str:
        return f"{shown['percent']} percent"

    def name_part(
        self, field: FieldSpec, stored: Stored, names: Mapping[int, str], members: Mapping[int, str]
    ) -> str:
        return f"{stored}%"

    def hint(self, field: FieldSpec) -> str:
        return f"From 0 to {_most(field)}."

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "number", "minimum": 0, "maximum": _most(field)}

    def example(self, field: FieldSpec) -> JSON:
        return 12.5

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        sent = settings_group(settings, SETTINGS)
        most = sent.get("most")
        if most is not None and (type(most) is not int or most <= 0):
            raise InvalidValue("expected a whole number above 0.", at=(SETTINGS, "most"))
        return {SETTINGS: {"most": most or 100, "unit": sent.get("unit")}}

    def guess_settings(
        self, header: str, words: Collection[str], marks: Collection[str]
    ) -> Mapping[str, Any]:
        return {SETTINGS: {"most": 1000 if "growth" in words else 100}}


def _most(field: FieldSpec) -> int:
    options = field.settings.get(SETTINGS)
    most: int = options["most"] if options else 100
    return most


def register() -> None:
    """Add the type, as a new module of the package would."""
    field_types.register(Percentage.name, Percentage())
