"""An object's records as JSON Schema, for one caller: what they may send, and in which form."""

from __future__ import annotations

from typing import Any

from .access import Author, may_write, visible_fields
from .object_schema import ObjectSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def record_schema(author: Author, schema: ObjectSchema) -> dict[str, Any]:
    """A schema of `{API name: value}`: every field the caller sees, those they may not set marked `readOnly`."""
    properties: dict[str, Any] = {}
    required = []
    for spec in visible_fields(author, schema):
        described = {"title": spec.display_name, **spec.type.json_schema(spec)}
        if spec.description:
            described["description"] = f"{spec.description} {described.get('description', '')}".strip()
        if not may_write(author, spec):
            described["readOnly"] = True
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
