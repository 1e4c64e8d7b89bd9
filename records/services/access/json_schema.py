"""An object's records as JSON Schema, for one caller: what they may send, and in which form."""

from __future__ import annotations

from typing import Any

from records.services.catalogue import ObjectSchema

from .author import Author, may_write, visible_fields
from .told_options import told_fields

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def record_schema(author: Author, schema: ObjectSchema) -> dict[str, Any]:
    """The schema of `{API name: value}`: every field the caller sees; those they may not set are
    `readOnly`."""
    properties: dict[str, Any] = {}
    required = []
    for spec in told_fields(author, schema, visible_fields(author, schema)):
        described = {"title": spec.display_name, **spec.type.json_schema(spec)}
        if spec.description:
            # The type describes its format there; the field's own words go first.
            described["description"] = (
                f"{spec.description} {described.get('description', '')}".strip()
            )
        if not may_write(author, spec):
            described["readOnly"] = True
        # A field with a default need not be sent.
        elif spec.is_required and spec.default_value is None:
            required.append(spec.name)
        properties[spec.name] = described
    return {
        "$schema": DIALECT,
        "$id": f"urn:uuid:{schema.uuid}",
        "title": schema.entity_name,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
