"""Several of the options a field offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import (
    JSON,
    FieldSpec,
    FieldType,
    References,
    Stored,
    check_list,
    field_types,
    listed,
    unlisted,
)
from .choice import by_name, live_names, named_option, option_json, option_key, option_schema
from .conditions import list_conditions

MAX_ENTRIES = 1000


class Checkboxes(FieldType):
    """The primary keys of the ticked options, each once, in the order in which they were sent."""

    name = "checkboxes"
    label = "Several choices"
    column = "option"
    has_options = True
    plain = False
    sent_by = "name"
    workspace_name = "multi_select"
    workspace_aliases: ClassVar[tuple[str, ...]] = ("multiselect",)
    conditions = list_conditions(option_key)

    def is_multiple(self, field: FieldSpec) -> bool:
        return True

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        entries = check_list(raw, MAX_ENTRIES)
        return list(dict.fromkeys(option_key(field, entry) for entry in entries)) or None

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        # A name with a semicolon in it; exports have such names in quotes.
        if '"' not in text and by_name(field, text) is not None:
            return [{"name": text}]
        return [named_option(field, entry) for entry in unlisted(text)]

    def to_json(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        options = field.options
        return [option_json(options[key]) for key in stored if key in options] or None

    def to_cell(self, field: FieldSpec, shown: JSON) -> str:
        names = [str(item["name"]) for item in shown]
        cell = listed(names)
        # Two names may be, together, a third that has a semicolon in it.
        return listed(names, in_quotes=True) if by_name(field, cell) is not None else cell

    def to_plain(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        return _names(field, stored) or None

    def name_part(
        self, field: FieldSpec, stored: Stored, names: Mapping[int, str], members: Mapping[int, str]
    ) -> str:
        return ", ".join(_names(field, stored))

    def is_typed(self, field: FieldSpec) -> bool:
        return not live_names(field)

    def index_values(self, field: FieldSpec, stored: Stored) -> list[int]:
        keys: list[int] = stored
        return keys

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "array", "items": option_schema(field), "maxItems": MAX_ENTRIES}

    def example(self, field: FieldSpec) -> JSON:
        return live_names(field)[:2]


def _names(field: FieldSpec, stored: Stored) -> list[str]:
    return [field.options[key].name for key in stored if key in field.options]


field_types.register(Checkboxes.name, Checkboxes())
