"""Links to other records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .base import (
    JSON,
    UUID_FORM,
    FieldSpec,
    FieldType,
    InvalidValue,
    RecordRef,
    References,
    Stored,
    check_id,
    check_list,
    check_text,
    field_types,
    unlisted,
)
from .conditions import is_blank, some

SINGLE_KINDS = frozenset({"one_to_one", "primary"})
MAX_ENTRIES = 10_000
MAX_NAME = 255


def record_ref(field: FieldSpec, raw: JSON) -> RecordRef:
    """The record that `raw` names: an id, bare or in an object, or the related object's
    identifier."""
    if not isinstance(raw, dict) or raw.get("id") is not None:
        return RecordRef(uuid=check_id(raw, 'a record, {"id"} or {"name"}'))
    if "name" not in raw:
        raise InvalidValue('Expected the id of a record, {"id"} or {"name"}.')
    name = check_text(raw["name"], MAX_NAME).strip()
    if not name:
        raise InvalidValue("Expected the name of a record.")
    return RecordRef(name=name)


def _named(cell: str) -> JSON:
    """What a cell says: a record's id, or what it is identified by."""
    return {"id": cell} if UUID_FORM.fullmatch(cell) else {"name": cell}


class Relationship(FieldType):
    """The primary key of a record, or a list of them, by the kind of relation.

    Links are stored and indexed on one side; the mirror field on the other side is derived from it.
    """

    name = "relationship"
    label = "Link to records"
    column = "related_record"
    refers_to = "record"
    plain = False
    sent_by = "id"
    conditions = {
        "contains": some(record_ref),
        "!contains": some(record_ref, negated=True),
        "is_any_of": some(record_ref),
        "is_none_of": some(record_ref, negated=True),
        "is_blank": is_blank,
    }

    def is_multiple(self, field: FieldSpec) -> bool:
        return field.relation_kind not in SINGLE_KINDS

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if not self.is_multiple(field):
            return None if raw == "" else record_ref(field, raw)
        entries = check_list(raw, MAX_ENTRIES)
        return list(dict.fromkeys(record_ref(field, entry) for entry in entries)) or None

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        if self.is_multiple(field):
            return [_named(name) for name in unlisted(text)]
        name = text.strip()
        return _named(name) if name else ""

    def to_json(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        records = references.records
        if isinstance(stored, list):
            return [records[key] for key in stored if key in records] or None
        return records.get(stored)

    def to_plain(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        records = references.records
        keys = stored if isinstance(stored, list) else [stored]
        found = [
            {"id": key, "name": records[key]["display_name"]} for key in keys if key in records
        ]
        if isinstance(stored, list):
            return found or None
        return found[0] if found else None

    def name_part(
        self, field: FieldSpec, stored: Stored, names: Mapping[int, str], members: Mapping[int, str]
    ) -> str:
        keys = stored if isinstance(stored, list) else [stored]
        return ", ".join(names[key] for key in keys if key in names)

    def hint(self, field: FieldSpec) -> str:
        return (
            "Names or ids, separated by semicolons."
            if self.is_multiple(field)
            else "A name or an id."
        )

    def index_values(self, field: FieldSpec, stored: Stored) -> Iterable[int]:
        if field.mirror_of_id is not None:
            return ()
        return stored if isinstance(stored, list) else (stored,)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        ids = {"type": "string", "format": "uuid", "description": "A record's id"}
        text = {
            "type": "string",
            "maxLength": MAX_NAME,
            "minLength": 1,
            "description": "A record's name",
        }
        named = {"type": "object", "properties": {"name": text}, "required": ["name"]}
        entry: dict[str, Any] = {"anyOf": [ids, named]}
        if not self.is_multiple(field):
            return entry
        return {"type": "array", "items": entry, "maxItems": MAX_ENTRIES}

    def example(self, field: FieldSpec) -> JSON:
        entry = {"name": "Example Ltd"}
        return [entry] if self.is_multiple(field) else entry


field_types.register(Relationship.name, Relationship())
