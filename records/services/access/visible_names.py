"""What records are called, for a role that may not see everything that names are made of.

The stored display name is for callers who may see everything it can show. For others a name is made
from what they may see. Where names are compared or sorted, a field that they may see stands in for
the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.exceptions import InvalidInput, Place
from records.field_types import FieldSpec
from records.models import Extent
from records.services.catalogue import ObjectSchema, display_name

from .author import Author, find_field
from .paths import check_no_path

NO_NAMES: Mapping[int, str] = {}


def name_is_open(author: Author, schema: ObjectSchema, above: frozenset[int] = frozenset()) -> bool:
    """Whether the caller may see everything that a stored name of the object can show.

    A name can show the fields of the pattern, the names of the records they link to, and, where
    those are blank, the identifier or any other text. `above` are the objects on the way to this
    one, whose patterns link to each other.
    """
    role = author.role
    if role.is_admin:
        return True
    if not role.hidden_fields.isdisjoint(schema.named_by):
        return False
    above |= {schema.id}
    return all(_shows_open_names(author, spec, above) for spec in schema.pattern_fields)


def _shows_open_names(author: Author, spec: FieldSpec, above: frozenset[int]) -> bool:
    """Whether the caller may see every name of another record that a field of the pattern can
    show."""
    object_id = spec.related_object_id
    # No link, looked into already, or archived: names of archived records are not shown.
    if object_id in above or object_id not in author.directory.objects:
        return True
    # The role does not see all of the linked records, so not all of their names.
    if author.role.grant(object_id).view != Extent.ALL:
        return False
    return name_is_open(author, author.directory.schema(object_id), above)


def name_for(
    author: Author,
    schema: ObjectSchema,
    values: Mapping[str, Any],
    names: Mapping[int, str] = NO_NAMES,
) -> str:
    """A record's name, made from what the caller may see. `names`: those of the linked records they
    may see."""
    hidden = author.role.hidden_fields
    seen = {key: value for key, value in values.items() if int(key) not in hidden}
    return display_name(schema, seen, names, _member_names(author, schema, seen))


def _member_names(
    author: Author, schema: ObjectSchema, values: Mapping[str, Any]
) -> dict[int, str]:
    """The names of the members that the display pattern shows."""
    stored = (
        values.get(str(spec.id))
        for spec in schema.pattern_fields
        if spec.type.refers_to == "member"
    )
    members = author.directory.members(key for key in stored if key is not None)
    return {key: member.name for key, member in members.items()}


def shown_pattern(author: Author, schema: ObjectSchema) -> str:
    """The object's display pattern; empty for a role that may not see one of its fields."""
    hidden = author.role.hidden_fields
    return (
        "" if any(spec.id in hidden for spec in schema.pattern_fields) else schema.display_pattern
    )


def stand_in(author: Author, schema: ObjectSchema) -> FieldSpec | None:
    """The text that takes the place of the object's names in searches and orders, where names are
    not open.

    The only field of the pattern, or the identifier where there is no pattern; None when that is
    hidden, or does not make the whole name.
    """
    named = schema.pattern_fields if schema.display_pattern else (schema.identifier,)
    field = named[0] if len(named) == 1 else None
    if field is None or field.id in author.role.hidden_fields:
        return None
    # Only a single text compares and sorts like a name.
    return field if field.type.column == "text" and not field.multiple else None


def find_sought_field(
    author: Author, schema: ObjectSchema, key: str, path: Place
) -> FieldSpec | None:
    """The field that a filter or an order names by API name or UUID, or what stands in for it.

    InvalidInput, which says `path`, for names that the caller may not compare.
    """
    field = find_field(author, schema, key)
    check_no_path(author, schema, key, path)
    # Any other field shows no more than its own values.
    if field is None or field.computed != "display_name" or name_is_open(author, schema):
        return field
    field = stand_in(author, schema)
    if field is None:
        message = (
            "the names of these records may show what is hidden from your role; use another field."
        )
        raise InvalidInput(message, "permission_required", at=path)
    return field
