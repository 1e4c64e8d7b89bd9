"""The limits, patterns and expressions of a data type's fields, as settings of their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec, FieldType, OptionSpec, field_types
from records.services.catalogue import ObjectSchema


@dataclass(frozen=True, slots=True)
class FieldRules:
    """The rules for a field's values beside their type; None for no rule."""

    minimum: Any = None
    maximum: Any = None
    pattern: Any = None
    expression: Any = None
    result_type: Any = None


def rules_of(spec: FieldSpec) -> FieldRules:
    """The rules of a field."""
    places = spec.type.rules.items()
    return FieldRules(
        **{rule: (spec.settings.get(group) or {}).get(key) for rule, (group, key) in places}
    )


def settings_with(
    field_type: str, rules: Mapping[str, Any], current: Mapping[str, Any]
) -> dict[str, Any]:
    """A field's settings with these rules; the type checks them when the field is saved.

    InvalidInput for a rule that fields of the type do not have, and for a missing one that they
    must have.
    """
    kind = (
        field_types.get(field_type) if field_type in field_types else FieldType()
    )  # an unknown one has no rules
    settings = {
        # Copied: the caller's settings belong to a compiled, shared schema.
        key: dict(group) if isinstance(group, Mapping) else group
        for key, group in current.items()
    }
    for rule, value in rules.items():
        if rule in kind.rules:
            group, key = kind.rules[rule]
            settings.setdefault(group, {})[key] = value
        # A caller that sends back what it read sends null for rules that a type does not have.
        elif value is not None:
            raise InvalidInput("fields of this type have none.", at=rule)
    for rule in kind.required_rules:
        group, key = kind.rules[rule]
        if not settings.get(group, {}).get(key):
            raise InvalidInput("this key is required.", "required", at=rule)
    return settings


def is_for_admins(schema: ObjectSchema, spec: FieldSpec) -> bool:
    """Whether admins alone see a field of the object: it says so, or it is computed from one that
    does."""
    return spec.is_admin_only or any(
        spec.type.may_read(spec.settings, other.name)
        for other in schema.fields
        if other.is_admin_only
    )


def option_names(spec: FieldSpec) -> list[str]:
    """The names of the options that can be chosen, in order."""
    return [option.name for option in live_options(spec)]


def live_options(spec: FieldSpec) -> list[OptionSpec]:
    """The options that can be chosen, in order."""
    live = [option for option in spec.options.values() if not option.deleted]
    return sorted(live, key=lambda option: (option.order, option.id))
