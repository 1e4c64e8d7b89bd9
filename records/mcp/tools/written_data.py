"""The values that a call writes, as its `data` says them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.mcp.arguments import from_json_text
from records.services.catalogue import ObjectSchema
from records.services.writing import FieldEntry


def written_entries(schema: ObjectSchema, data: Mapping[str, Any]) -> list[FieldEntry]:
    """The properties of `data`, in the order sent; objects and lists that were sent as JSON text as
    what they say."""
    return [
        FieldEntry(name=name, value=_written(schema, name, value)) for name, value in data.items()
    ]


def _written(schema: ObjectSchema, name: str, value: Any) -> Any:
    spec = schema.by_name.get(name)
    # A text may be JSON for its own sake, and so may the name of an option.
    if spec is None or not isinstance(value, str) or spec.type.text_like:
        return value
    if any(option.name == value for option in spec.options.values()):
        return value
    return from_json_text(value, ("object", "array"), f"data.{name}")
