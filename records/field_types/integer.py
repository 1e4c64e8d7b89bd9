"""A whole number."""

from __future__ import annotations

from typing import Any

from .base import JSON, FieldSpec, FieldType, Stored, field_types
from .conditions import number_conditions
from .numeric import MAX_INTEGER, MIN_INTEGER, number_term, ungrouped, whole_number


class Integer(FieldType):
    """A 64-bit whole number."""

    name = "integer"
    column = "number"
    may_be_unique = True
    conditions = number_conditions(number_term)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        return None if raw == "" else whole_number(raw)

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        return ungrouped(text)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "integer", "minimum": MIN_INTEGER, "maximum": MAX_INTEGER}

    def example(self, field: FieldSpec) -> JSON:
        return 42


field_types.register(Integer.name, Integer())
