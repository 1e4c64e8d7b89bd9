"""Facts about field types, for callers that know types by name alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from records.field_types import FieldSpec, FieldType, field_types


def _find_type(field_type: str) -> FieldType | None:
    return field_types.get(field_type) if field_type in field_types else None


def has_options(field_type: str) -> bool:
    """Whether fields of a type offer options; unknown types offer none."""
    kind = _find_type(field_type)
    return kind is not None and kind.has_options


def named_choices(field_type: str) -> tuple[str, ...]:
    """The values of a type that has the same ones in every workspace; empty for all others."""
    kind = _find_type(field_type)
    return () if kind is None else kind.named_choices()


def is_link_type(field_type: str) -> bool:
    """Whether fields of a type are made with the object whose records they link to; those of
    unknown types are not."""
    kind = _find_type(field_type)
    return kind is not None and kind.refers_to == "record"


def setting_groups() -> tuple[str, ...]:
    """The groups of settings that fields can have, over all types."""
    return _setting_groups(tuple(field_types))


@lru_cache(1)
def _setting_groups(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(group for name in names for group in field_types.get(name).setting_keys())
    )


def documented_settings() -> dict[str, Mapping[str, Any]]:
    """JSON Schema of the keys of each documented group of settings."""
    return {
        group: keys
        for kind in field_types.values()
        for group, keys in kind.documented_settings.items()
    }


def workspace_type(spec: FieldSpec) -> str:
    """What the Workspace API calls the type of a field."""
    return spec.type.workspace_name or spec.type.name


def named_type(name: str) -> str | None:
    """The type that the Workspace API's callers call this, in any spelling; None for an unknown
    name."""
    return _names_taken(tuple(field_types)).get(_spelling(name))


def workspace_types() -> list[str]:
    """What the Workspace API calls the types that fields can be made of there."""
    kinds = map(field_types.get, field_types)
    return [kind.workspace_name or kind.name for kind in kinds if kind.refers_to != "record"]


def _spelling(name: str) -> str:
    return re.sub(r"[-_ /]", "", name.lower().replace("&", "and"))


@lru_cache(1)
def _names_taken(names: Sequence[str]) -> dict[str, str]:
    kinds = [field_types.get(name) for name in names]
    own = {_spelling(kind.name): kind.name for kind in kinds}
    # What this API calls a type comes before what another type is called elsewhere.
    return own | {
        _spelling(taken): kind.name
        for kind in kinds
        for taken in (kind.workspace_name, *kind.workspace_aliases)
        if taken
    }
