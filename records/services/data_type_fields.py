"""The limits, patterns and expressions of a data type's fields, as settings of their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec, field_types

# Where a type keeps its limits, its pattern, its expression.
PLACES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "minimum": {"decimal": ("decimal_options", "min_value"), "integer": ("integer_options", "min_value")},
    "maximum": {"decimal": ("decimal_options", "max_value"), "integer": ("integer_options", "max_value")},
    "pattern": {"text": ("text_options", "pattern"), "longtext": ("text_options", "pattern")},
    "expression": {"formula": ("formula_options", "expression")},
}
REQUIRED = {"formula": "expression"}


@dataclass(frozen=True, slots=True)
class FieldRules:
    """What a field says of its values beside their type; None where it says nothing."""

    minimum: Any = None
    maximum: Any = None
    pattern: Any = None
    expression: Any = None


def rules_of(spec: FieldSpec) -> FieldRules:
    """The rules of a field."""
    found = {}
    for rule, places in PLACES.items():
        group, key = places.get(spec.type.name, ("", ""))
        found[rule] = (spec.settings.get(group) or {}).get(key)
    return FieldRules(**found)


def settings_with(field_type: str, rules: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """A field's settings with these rules; the type checks them when the field is saved.

    InvalidInput for a rule that fields of the type do not have, and for a missing one that they must have.
    """
    settings = {key: dict(group) if isinstance(group, Mapping) else group for key, group in current.items()}
    for rule, value in rules.items():
        place = PLACES[rule].get(field_type)
        if place is not None:
            settings.setdefault(place[0], {})[place[1]] = value
        elif value is not None:
            raise InvalidInput(f"{rule}: fields of this type have none.")
    needed = REQUIRED.get(field_type)
    if needed is not None and not settings.get(PLACES[needed][field_type][0], {}).get(PLACES[needed][field_type][1]):
        raise InvalidInput(f"{needed}: this key is required.", "required")
    return settings


def has_options(field_type: str) -> bool:
    """Whether fields of a type offer options; unknown types offer none."""
    return field_type in field_types and field_types.get(field_type).column == "option"


def option_names(spec: FieldSpec) -> list[str]:
    """The names of the options that can be chosen, in order."""
    live = [option for option in spec.options.values() if not option.deleted]
    return [option.name for option in sorted(live, key=lambda option: (option.order, option.id))]
