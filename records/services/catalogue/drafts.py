"""The shapes in which objects' fields and options are described before they exist."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec, InvalidValue
from records.field_types.numeric import MAX_INTEGER, MIN_INTEGER


@dataclass(frozen=True, slots=True)
class OptionDefinition:
    """An option to create: `code` defaults to a slug of the name, `order` to the last place."""

    name: str
    code: str = ""
    stage_status: str = ""
    percentage: int | None = None
    order: int | None = None


@dataclass(frozen=True, slots=True)
class RelationDefinition:
    """Where a relationship leads: the related object, the kind, and the mirror's label, API name
    and category."""

    related_object: str
    kind: str
    mirror_label: str
    mirror_name: str = ""
    mirror_category: str = ""


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field to create. `name` defaults to a slug of the label; `settings` are the type's."""

    display_name: str
    field_type: str
    name: str = ""
    category: str = ""
    description: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Sequence[OptionDefinition] = ()
    relation: RelationDefinition | None = None
    default_value: Any = None
    computed: str = ""
    is_required: bool = False
    is_read_only: bool = False
    is_hidden: bool = False
    is_unique: bool = False
    is_default: bool = False
    is_admin_only: bool = False
    is_external_id: bool = False
    validation: str = ""
    validation_message: str = ""
    should_index: bool = True
    allows_empty: bool = True


def check_label(part: str, label: str) -> str:
    """A label without white space around it; InvalidInput unless it has 1 to 255 characters."""
    label = label.strip()
    if not label or len(label) > 255 or "\x00" in label:
        raise InvalidInput(
            "expected 1 to 255 characters.", "required" if not label else "limit_exceeded", at=part
        )
    return label


def check_length(part: str, text: str, most: int = 255) -> str:
    """The text; InvalidInput when it is longer than can be stored."""
    if len(text) > most or "\x00" in text:
        raise InvalidInput(f"at most {most} characters.", "limit_exceeded", at=part)
    return text


def check_json(part: str, content: Any) -> None:
    """InvalidInput for JSON that PostgreSQL would store differently, or not at all."""
    # A stack, not recursion: callers choose how deep their JSON is.
    rest = [content]
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            rest += [*item, *item.values()]
        elif isinstance(item, list):
            rest += item
        elif isinstance(item, str) and "\x00" in item:
            raise InvalidInput("null characters cannot be kept.", at=part)
        elif isinstance(item, (int, float)) and not MIN_INTEGER <= item <= MAX_INTEGER:
            raise InvalidInput("expected numbers that fit into 64 bits.", "limit_exceeded", at=part)


def check_default(spec: FieldSpec) -> None:
    """InvalidInput unless the field's default is in a form its type takes."""
    if spec.default_value is None:
        return
    try:
        spec.type.parse(spec, spec.default_value)
    except InvalidValue as problem:
        raise InvalidInput.of(problem, "default_value") from None


def slug(label: str) -> str:
    """An API name derived from a label: ASCII, lower case, words joined by underscores."""
    ascii_label = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", ascii_label).strip("_")
    # API names begin with a letter.
    if not words or not words[0].isalpha():
        words = f"f_{words}".rstrip("_")
    return words[:64]


def type_name(slug: str) -> str:
    """The API name of the data type with this slug: hyphens and case make no difference."""
    return slug.lower().replace("-", "_")


def free_name(taken: Collection[str], wanted: str, most: int = 60) -> str:
    """A name that is not taken: the one wanted, or its first `most` characters with a number after
    them."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted[:most]}_{number}", number + 1
    return name
