"""One of the options a field offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from records.exceptions import did_you_mean

from .base import (
    JSON,
    FieldSpec,
    FieldType,
    InvalidValue,
    OptionSpec,
    References,
    Stored,
    field_types,
    normal_text,
    quoted,
)
from .conditions import single_conditions

MAX_NAME = 255
MAX_LISTED = 250  # options that a schema names
MAX_TOLD = 300  # characters of options that a message names
EXPECTED = 'Expected an option: its id, {"id"}, {"name"} or {"code"}.'


def by_id(field: FieldSpec, text: str) -> int | None:
    """The live option with this UUID."""
    # The other keys hold a colon, which no UUID does.
    return None if ":" in text else field.option_keys.get(text.lower())


def by_name(field: FieldSpec, text: str) -> int | None:
    """The live option of this name, however it is cased and spaced."""
    return field.option_keys.get(f"name:{normal_text(text)}")


def by_code(field: FieldSpec, text: str) -> int | None:
    """The live option of this code, however it is cased."""
    return field.option_keys.get(f"code:{text.casefold()}")


FORMS: dict[str, Callable[[FieldSpec, str], int | None]] = {
    "id": by_id,
    "name": by_name,
    "code": by_code,
}


def option_key(field: FieldSpec, raw: JSON) -> int:
    """The primary key of the live option that `raw` means: an id, a name or a code, bare or in an
    object."""
    finders = list(FORMS.values())
    sought, missing = raw, "There is no option"
    if isinstance(raw, dict):
        form = next((form for form in FORMS if raw.get(form) is not None), None)
        if form is None:
            raise InvalidValue(EXPECTED)
        _check_agreement(field, raw)
        finders, sought = [FORMS[form]], raw[form]
        missing = "There is no option with the id" if form == "id" else missing
    if not isinstance(sought, str):
        raise InvalidValue(EXPECTED)
    if len(sought) <= MAX_NAME:
        for find in finders:
            if (key := find(field, sought)) is not None:
                return key
    raise InvalidValue(f"{missing} {quoted(sought)}.{_ways_out(field, sought)}", "does_not_exist")


def _check_agreement(field: FieldSpec, raw: Mapping[str, Any]) -> None:
    """Refuse an object whose id, name and code mean different options.

    A name or a code that no option has is passed over beside an id: what was read before an option
    was renamed can be sent back.
    """
    found = {
        form: find(field, raw[form])
        for form, find in FORMS.items()
        if isinstance(raw.get(form), str) and len(raw[form]) <= MAX_NAME
    }
    meant = set(found.values())
    if raw.get("id") is not None:
        meant -= {None}
    if len(meant) > 1:
        parts = " and ".join(f"{form} {quoted(raw[form])}" for form in found)
        raise InvalidValue(f"The {parts} do not name the same option; send one of them.")


def _ways_out(field: FieldSpec, sought: str) -> str:
    """The options that may be meant, and all there are, where a message can hold them."""
    names = live_names(field)
    shown = ", ".join(names)
    listed = f" The options are {shown}." if 0 < len(shown) <= MAX_TOLD else ""
    return did_you_mean(sought, names) + listed


def named_option(field: FieldSpec, cell: str) -> JSON:
    """The option a CSV cell names; where none has that name, its id or code."""
    return {"name": cell} if by_name(field, cell) is not None else cell


def option_json(option: OptionSpec) -> dict[str, str]:
    """An option as callers read it."""
    return {"id": option.uuid, "name": option.name, "code": option.code}


def live_names(field: FieldSpec) -> list[str]:
    """The names of the options that can be chosen, in their order."""
    live = [option for option in field.options.values() if not option.deleted]
    return [option.name for option in sorted(live, key=lambda option: (option.order, option.id))]


def option_schema(field: FieldSpec) -> dict[str, Any]:
    """JSON Schema of one option: its name, or its id."""
    ids = {"type": "string", "format": "uuid", "description": "An option's id"}
    names = live_names(field)
    if not names:
        return ids
    by_name: dict[str, Any] = {"type": "string", "description": "An option's name"}
    if len(names) <= MAX_LISTED:
        by_name["enum"] = names
    return {"anyOf": [by_name, ids]}


class Choice(FieldType):
    """The primary key of one option."""

    column = "option"
    has_options = True
    plain = False
    few_values = True
    sent_by = "name"
    conditions = single_conditions(option_key)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        return None if raw == "" else option_key(field, raw)

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        return named_option(field, text.strip())

    def to_json(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        option = field.options.get(stored)
        return option_json(option) if option else None

    def to_plain(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        option = field.options.get(stored)
        return option.name if option else None

    def name_part(
        self, field: FieldSpec, stored: Stored, names: Mapping[int, str], members: Mapping[int, str]
    ) -> str:
        option = field.options.get(stored)
        return option.name if option else ""

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return option_schema(field)

    def example(self, field: FieldSpec) -> JSON:
        return next(iter(live_names(field)), "")


class Dropdown(Choice):
    """One option, picked from a list."""

    name = "dropdown"
    label = "Dropdown"
    workspace_aliases = ("select", "single_select")


class Radio(Choice):
    """One option, all of them in sight."""

    name = "radio"
    label = "Radio buttons"


class Status(Choice):
    """One option, the state something is in; a pipeline's stage is one."""

    name = "status"
    label = "Status"


class Choices(Choice):
    """One option; an older name of the dropdown."""

    name = "choices"
    label = "Dropdown (choices)"


class Selector(Choice):
    """One option; another name of the dropdown."""

    name = "selector"
    label = "Dropdown (selector)"


class YesNoMaybe(Choice):
    """One of the options whose codes are yes, no and maybe."""

    name = "yesnomaybe"
    label = "Yes, no or maybe"
    default_options = ("Yes", "No", "Maybe")


for choice in (Dropdown, Radio, Status, Choices, Selector, YesNoMaybe):
    field_types.register(choice.name, choice())
