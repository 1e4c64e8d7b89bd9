"""Yes or no."""

from __future__ import annotations

from typing import Any

from .base import JSON, FieldSpec, FieldType, InvalidValue, Stored, field_types
from .conditions import single_conditions

WORDS = {
    "true": True,
    "yes": True,
    "y": True,
    "1": True,
    "false": False,
    "no": False,
    "n": False,
    "0": False,
}


def _flag(field: FieldSpec, value: JSON) -> int:
    """True or false, as the index has it."""
    if not isinstance(value, bool):
        raise InvalidValue("Expected true or false.")
    return int(value)


SENT = {word: WORDS[word] for word in ("true", "false", "yes", "no")}


class Checkbox(FieldType):
    """True or false; a blank, which nobody has set, is neither."""

    name = "checkbox"
    label = "Yes or no"
    column = "number"
    workspace_name = "boolean"
    workspace_aliases = ("bool", "yes_no")
    conditions = single_conditions(_flag)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if raw is True or raw is False:
            return raw
        if raw == "":
            return None
        raise InvalidValue("Expected true or false.")

    def from_plain(self, raw: JSON) -> JSON:
        return SENT.get(raw.lower(), raw) if isinstance(raw, str) else raw

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        word = text.strip()
        return WORDS.get(word.lower(), word)

    def to_sheet_cell(self, field: FieldSpec, shown: JSON) -> bool:
        return bool(shown)

    def is_kept(self, field: FieldSpec, text: str, stored: Stored) -> bool:
        return text.strip().lower() == str(stored).lower()

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[int]:
        return (int(stored),)

    def from_index(self, field: FieldSpec, indexed: Any) -> Stored:
        return bool(indexed)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "boolean"}

    def example(self, field: FieldSpec) -> JSON:
        return True


field_types.register(Checkbox.name, Checkbox())
