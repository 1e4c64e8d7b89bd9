"""Attached files."""

from __future__ import annotations

from typing import Any

from .base import (
    JSON,
    AttachmentRef,
    Condition,
    FieldSpec,
    FieldType,
    InvalidValue,
    References,
    Stored,
    Test,
    check_id,
    check_list,
    field_types,
    unlisted,
)
from .conditions import is_blank

MAX_ENTRIES = 1000
COMPARISONS = ("=", ">", ">=", "<", "<=")


def _count(comparison: str) -> Condition:
    def condition(field: FieldSpec, value: JSON) -> Test:
        if type(value) is not int or not 0 <= value <= MAX_ENTRIES:
            raise InvalidValue(f"Expected a number of files, 0 to {MAX_ENTRIES}.")
        return Test("count", (comparison, value))

    return condition


class Files(FieldType):
    """The primary keys of attachments, each once."""

    name = "files"
    label = "Files"
    column = "attachment"
    refers_to = "attachment"
    plain = False
    sent_by = "id"
    conditions = {comparison: _count(comparison) for comparison in COMPARISONS} | {
        "is_blank": is_blank
    }
    aggregates = ("count",)
    groups = ()

    def is_multiple(self, field: FieldSpec) -> bool:
        return True

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        ids = dict.fromkeys(
            check_id(entry, "an attachment") for entry in check_list(raw, MAX_ENTRIES)
        )
        return [AttachmentRef(uuid) for uuid in ids] or None

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        return unlisted(text)

    def to_json(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        attachments = references.attachments
        return [attachments[key] for key in stored if key in attachments] or None

    def to_cell(self, field: FieldSpec, shown: JSON) -> str:
        return "; ".join(str(item["id"]) for item in shown)

    def hint(self, field: FieldSpec) -> str:
        return "Ids of uploaded files, separated by semicolons."

    def index_values(self, field: FieldSpec, stored: Stored) -> list[int]:
        keys: list[int] = stored
        return keys

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        ids = {"type": "string", "format": "uuid", "description": "An attachment's id"}
        return {"type": "array", "items": ids, "maxItems": MAX_ENTRIES}

    def example(self, field: FieldSpec) -> JSON:
        return ["01920000-0000-7000-8000-000000000001"]


field_types.register(Files.name, Files())
