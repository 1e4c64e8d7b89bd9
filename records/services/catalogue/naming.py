"""How records are named: the identifier they are matched by, the name they are shown by, and
computed names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from records.field_types import FieldSpec, Surroundings, first_part, index_text, normal_text
from records.field_types.base import MAX_INDEXED

from .object_schema import PATTERN_PART, ObjectSchema, display_text

Values = Mapping[str, Any]


def identifier_key(text: str) -> str:
    """The form in which identifiers are compared and kept unique."""
    return normal_text(text)


def taken_name(name: str, names: Mapping[int, str], own: int | None) -> str | None:
    """The name of another that is the same however both are cased and spaced; None
    where it is free.

    `names` are all of them by their keys. What has the key `own` keeps a name that it has already:
    names that differ in case alone were taken once.
    """
    others = dict(names)
    if own is not None and others.pop(own, None) == name:
        return None
    others_by_key = {identifier_key(other): other for other in reversed(others.values())}
    return others_by_key.get(identifier_key(name))


def identifier_of(schema: ObjectSchema, values: Values) -> str | None:
    """The identifier of a record with these values, as it is compared; None when it has none."""
    if schema.identifier is None:
        return None
    stored = values.get(str(schema.identifier.id))
    # A blank text is no identifier.
    return None if stored is None else identifier_key(str(stored)) or None


def display_key(name: str, language: str) -> str:
    """The form in which display names are sorted and searched in a workspace of this language."""
    return first_part(index_text(name, language))


def display_name(
    schema: ObjectSchema, values: Values, names: Mapping[int, str], members: Mapping[int, str]
) -> str:
    """The name people see: the object's pattern, else the identifier, else the first text value.

    A blank field of the pattern is left out together with the words before it; if all fields are
    blank, the pattern is not used. At most 255 characters.
    """
    if schema.display_pattern:
        parts = {
            field.name: display_text(field, values.get(str(field.id)), names, members)
            for field in schema.pattern_fields
        }
        shown = _filled(schema.display_pattern, parts)
        if shown:
            return shown[:MAX_INDEXED]
    return _first_text(schema, values)[:255]


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    """The pattern with its fields filled in; a blank one is left out together with the words before
    it."""
    opening, *pieces = PATTERN_PART.split(pattern)  # words, field, words, field, …, words
    shown, words, complete = "", opening, False
    for name, words_after in zip(pieces[::2], pieces[1::2], strict=True):
        text = parts.get(name, "")
        # The first field that is not blank follows the opening words, whatever fields were left out
        # before it.
        complete = bool(text) and (bool(shown) or words is opening)
        if text:
            shown += (words if complete else opening) + text
        words = words_after
    return " ".join((shown + words if complete else shown).split())


def _first_text(schema: ObjectSchema, values: Values) -> str:
    if schema.identifier is not None:
        stored = values.get(str(schema.identifier.id))
        if stored is not None:
            return str(stored)
    for field in schema.searched:
        stored = values.get(str(field.id))
        # A field with several texts makes no name.
        if isinstance(stored, str):
            return stored
    return ""


def _full_name(schema: ObjectSchema, values: Values) -> str | None:
    fields = (schema.by_name.get("first_name"), schema.by_name.get("last_name"))
    parts = [values.get(str(field.id)) for field in fields if field is not None]
    return " ".join(part for part in parts if part)[:255] or None


# What a computed field is made of; a role that may not see one of these may not see it either.
MADE_OF: Mapping[str, tuple[str, ...]] = {"full_name": ("first_name", "last_name")}
COMPUTED: Mapping[str, Callable[[ObjectSchema, Values], Any]] = {"full_name": _full_name}


def compute(schema: ObjectSchema, field: FieldSpec, values: Values, around: Surroundings) -> Any:
    """The value of a computed field, from the record's other values and what is around them."""
    if field.type.computed:
        return field.type.compute(field, schema.stored, values, around)
    return COMPUTED[field.computed](schema, values)


def archived_name(text: str, record_uuid: str, now: datetime) -> str:
    """The new identifier of an archived record when a live one takes its name; at most 255
    characters."""
    # Part of the UUID: archived records may have had the same name on the same day.
    suffix = f" (archived {now:%Y-%m-%d} {record_uuid[-8:]})"
    return text[: 255 - len(suffix)] + suffix
