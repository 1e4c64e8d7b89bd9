"""What tools answer, as JSON Schemas: clients check every answer against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
NUMBER = {"type": "integer"}
MAYBE_TEXT = {"type": ["string", "null"]}
MAYBE_NUMBER = {"type": ["integer", "null"]}
ANYTHING: dict[str, Any] = {}


def said(schema: Schema, description: str) -> dict[str, Any]:
    """The schema with words that say what it means."""
    return {**schema, "description": description}


def listed(items: Schema) -> dict[str, Any]:
    """A list of these."""
    return {"type": "array", "items": dict(items)}


def mapped(values: Schema) -> dict[str, Any]:
    """An object of any keys, with these values."""
    return {"type": "object", "additionalProperties": dict(values)}


def shaped(properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> dict[str, Any]:
    """An object of these properties, all there but the optional ones."""
    return {
        "type": "object",
        "properties": {name: dict(schema) for name, schema in properties.items()},
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


DATA = said(mapped(ANYTHING), "Values by property, as list_record_types describes them.")
NEXT_OFFSET = said(MAYBE_NUMBER, "The offset of the next page; null on the last one.")
_MARKS = {
    "member_id": said(TEXT, "The member that the record belongs to; absent for none."),
    "_cancelled": FLAG,
    "_archived": FLAG,
    "_formula_errors": said(mapped(TEXT), "Why computed properties have no value."),
    "_more": said(mapped(NUMBER), "Properties left out of data: how many links each of them has."),
}
OPTIONAL = tuple(_MARKS)
RECORD: dict[str, Schema] = {
    "id": TEXT,
    "record_type": TEXT,
    "external_id": MAYBE_TEXT,
    "external_source": MAYBE_TEXT,
    "version": NUMBER,
    "data": DATA,
    "created_at": MAYBE_TEXT,
    "updated_at": MAYBE_TEXT,
    **_MARKS,
}
_CHANGES = mapped(shaped({"old": ANYTHING, "new": ANYTHING}))
FORETOLD: dict[str, Schema] = {
    "dry_run": said(FLAG, "True for a dry run: nothing was changed."),
    "changes": said(_CHANGES, "What the write would change of the record, by property."),
    "effects": shaped(
        {
            "records": said(
                listed(
                    shaped(
                        {
                            "record_type": TEXT,
                            "record_id": TEXT,
                            "action": TEXT,
                            "version": NUMBER,
                            "fields": _CHANGES,
                        }
                    )
                ),
                "The first writes to records.",
            ),
            "record_count": said(NUMBER, "Of all such writes."),
            "jobs": listed(shaped({"action": TEXT, "total_count": NUMBER})),
        }
    ),
    "plan": said(MAYBE_TEXT, "For the argument plan; null for a write that does too much."),
}
ERROR = shaped({"code": TEXT, "message": TEXT, "details": mapped(ANYTHING)})


def output_schema(
    properties: Mapping[str, Schema], answers: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """The schema of a tool's answers: what each of them has at least, or the error of a refused
    call."""
    return {
        "type": "object",
        "properties": {name: dict(schema) for name, schema in properties.items()}
        | {"error": ERROR},
        "anyOf": [{"required": list(names)} for names in (*answers, ("error",))],
        "additionalProperties": False,
    }
