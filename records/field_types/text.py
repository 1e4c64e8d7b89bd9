"""A line of text."""

from __future__ import annotations

from typing import Any

from .base import JSON, FieldSpec, FieldType, Stored, check_text, field_types, normal_text
from .conditions import text_conditions

MAX_LENGTH = 255


class Text(FieldType):
    """A string of at most 255 characters; the empty one is blank."""

    name = "text"
    text_like = True
    may_be_unique = True
    conditions = text_conditions()

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        return check_text(raw, MAX_LENGTH) or None

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[str]:
        return (normal_text(stored),)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "string", "maxLength": MAX_LENGTH}

    def example(self, field: FieldSpec) -> JSON:
        return "Example text"


field_types.register(Text.name, Text())
