"""A line of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import JSON, FieldSpec, FieldType, Stored, check_text, field_types
from .conditions import text_conditions
from .folding import index_text
from .patterns import DOCUMENTED, OPTIONAL, RULES, check_match, check_pattern, pattern_schema

MAX_LENGTH = 255


class Text(FieldType):
    """A string of at most 255 characters; the empty one is blank."""

    name = "text"
    label = "Text"
    text_like = True
    optional_settings = OPTIONAL
    documented_settings = DOCUMENTED
    text_settings = ("pattern",)
    rules = RULES
    workspace_aliases = ("string",)
    may_be_unique = True
    conditions = text_conditions()

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        return check_match(field, check_text(raw, MAX_LENGTH)) or None

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[str]:
        return (index_text(stored, field.language),)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "string", "maxLength": MAX_LENGTH, **pattern_schema(field)}

    def example(self, field: FieldSpec) -> JSON:
        return "Example text"

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return check_pattern(settings)


field_types.register(Text.name, Text())
