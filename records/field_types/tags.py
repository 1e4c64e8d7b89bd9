"""Tags, which exist by being used."""

from __future__ import annotations

from typing import Any

from .base import (
    JSON,
    FieldSpec,
    InvalidValue,
    NewOption,
    References,
    Stored,
    check_list,
    check_text,
    field_types,
    normal_text,
    quoted,
    unlisted,
)
from .checkboxes import MAX_ENTRIES, Checkboxes
from .choice import MAX_NAME, by_id, by_name
from .conditions import list_conditions

EXPECTED = 'Expected a tag: its name, its id, {"id"} or {"name"}.'


def _known_tag(field: FieldSpec, raw: JSON) -> int:
    """What a filter compares with: asking for a tag does not make it."""
    tag = _tag(field, raw)
    if isinstance(tag, NewOption):
        raise InvalidValue(f"There is no tag {quoted(tag.name)}.", "does_not_exist")
    return tag


class DynamicTags(Checkboxes):
    """The primary keys of the tags, each once; an unknown name becomes a tag."""

    name = "dynamictags"
    label = "Tags"
    workspace_name = ""
    workspace_aliases = ()
    conditions = list_conditions(_known_tag)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        tags: dict[int | str, int | NewOption] = {}
        for entry in check_list(raw, MAX_ENTRIES):
            tag = _tag(field, entry)
            tags.setdefault(normal_text(tag.name) if isinstance(tag, NewOption) else tag, tag)
        return list(tags.values()) or None

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        # A name with a semicolon in it; exports have such names in quotes.
        if '"' not in text and by_name(field, text) is not None:
            return [{"name": text}]
        return [{"name": entry} for entry in unlisted(text)]

    def to_json(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        tags = (field.options[key] for key in stored if key in field.options)
        return [{"id": tag.uuid, "name": tag.name} for tag in tags] or None

    def is_typed(self, field: FieldSpec) -> bool:
        return True

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": "string", "maxLength": MAX_NAME, "description": "A tag's name"},
            "maxItems": MAX_ENTRIES,
        }

    def example(self, field: FieldSpec) -> JSON:
        return ["vip", "newsletter"]


def _tag(field: FieldSpec, raw: JSON) -> int | NewOption:
    if isinstance(raw, str):
        known = by_id(field, raw)
        return _named(field, raw) if known is None else known
    if isinstance(raw, dict):
        if isinstance(uuid := raw.get("id"), str):
            if (known := by_id(field, uuid)) is not None:
                return known
            raise InvalidValue(f"There is no tag {quoted(uuid)}.", "does_not_exist")
        if raw.get("id") is None and isinstance(name := raw.get("name"), str):
            return _named(field, name)
    raise InvalidValue(EXPECTED)


def _named(field: FieldSpec, text: str) -> int | NewOption:
    name = check_text(text.strip(), MAX_NAME)
    # Folding case can make a name longer, and its folded form is what is kept unique.
    if not check_text(normal_text(name), MAX_NAME):
        raise InvalidValue("A tag needs a name.")
    known = by_name(field, name)
    return NewOption(name) if known is None else known


field_types.register(DynamicTags.name, DynamicTags())
