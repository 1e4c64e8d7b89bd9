"""A postal code."""

from __future__ import annotations

import re
from typing import Any

from .base import (
    JSON,
    FieldSpec,
    FieldType,
    InvalidValue,
    Stored,
    check_text,
    field_types,
)
from .conditions import text_conditions
from .folding import index_text

MAX_LENGTH = 10
US = "US"
US_FORM = re.compile(r"[0-9]{5}(?:-[0-9]{4})?")
# Elsewhere: letters and digits, single spaces or hyphens between them, and at least one digit.
OTHER_FORM = re.compile(r"(?=.*[0-9])[A-Z0-9](?:[ -]?[A-Z0-9]){2,9}")


class ZipCode(FieldType):
    """A ZIP code in workspaces of the United States, a postal code of the usual form elsewhere; in
    upper case."""

    name = "zip_code"
    label = "US ZIP code"
    text_like = True
    may_be_unique = True
    workspace_aliases = ("zip", "zipcode", "postal_code")
    conditions = text_conditions()

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        code = check_text(raw, 255).strip().upper()
        if not code:
            return None
        if field.region == US:
            if not US_FORM.fullmatch(code):
                raise InvalidValue("Expected a ZIP code: five digits, or five, a hyphen and four.")
        elif len(code) > MAX_LENGTH or not OTHER_FORM.fullmatch(code):
            raise InvalidValue("Expected a postal code.")
        return code

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        return text.strip()

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[str]:
        return (index_text(stored, field.language),)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        if field.region == US:
            return {"type": "string", "pattern": f"^{US_FORM.pattern}$"}
        return {"type": "string", "minLength": 3, "maxLength": MAX_LENGTH}

    def example(self, field: FieldSpec) -> JSON:
        return "90210" if field.region == US else "SW1A 1AA"


field_types.register(ZipCode.name, ZipCode())
