"""A text of any length people write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import JSON, FieldSpec, FieldType, Stored, check_text, field_types
from .conditions import is_blank, one, term
from .folding import index_text
from .patterns import DOCUMENTED, OPTIONAL, RULES, check_match, check_pattern, pattern_schema

MAX_LENGTH = 100_000


class LongText(FieldType):
    """A string of at most 100,000 characters, searched but not compared as a whole."""

    name = "longtext"
    label = "Long text"
    text_like = True
    optional_settings = OPTIONAL
    documented_settings = DOCUMENTED
    text_settings = ("pattern",)
    rules = RULES
    workspace_name = "long_text"
    workspace_aliases: ClassVar[tuple[str, ...]] = ("textarea",)
    conditions = {
        "contains": one("contains", term),
        "!contains": one("contains", term, negated=True),
        "is_blank": is_blank,
    }
    aggregates = ("count",)
    groups = ()

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        return check_match(field, check_text(raw, MAX_LENGTH)) or None

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[str]:
        return (index_text(stored, field.language),)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "string", "maxLength": MAX_LENGTH, **pattern_schema(field)}

    def example(self, field: FieldSpec) -> JSON:
        return "First line.\nSecond line."

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return check_pattern(settings)


field_types.register(LongText.name, LongText())
