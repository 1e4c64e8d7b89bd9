"""Values as simple programs take them: choices by name, members and records by primary key."""

from __future__ import annotations

from typing import Any

from records.field_types import FieldSpec, References


def plain_json(spec: FieldSpec, stored: Any, references: References) -> Any:
    """A stored value in its plain form; None when nothing of it is visible."""
    items = stored if isinstance(stored, list) else [stored]
    match spec.type.column:
        case "option":
            found: list[Any] = [spec.options[item].name for item in items if item in spec.options]
        case "member":
            found = items
        case "related_record":
            records = references.records
            found = [{"id": item, "name": records[item]["display_name"]} for item in items if item in records]
        case _:
            return spec.type.to_json(spec, stored, references)
    if isinstance(stored, list):
        return found or None
    return found[0] if found else None
