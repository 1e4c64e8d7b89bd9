"""What records are called, for a role that may not see everything that names are made of.

The stored display name is for those who may see whatever it can show. For everybody else a name is made anew, of what
they may see, and where names are compared or sorted by, a field that they may see stands in for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec
from records.models import Extent

from .access import Author, find_field
from .naming import display_name
from .object_schema import ObjectSchema

NO_NAMES: Mapping[int, str] = {}


def name_is_open(author: Author, schema: ObjectSchema, above: frozenset[int] = frozenset()) -> bool:
    """Whether the caller may see all that a stored name of the object can show.

    A name can show the fields of the pattern, the names of the records they link to, and, where those are blank, the
    identifier or any other text. `above` are the objects whose names are being looked into.
    """
    role = author.role
    if role.is_admin:
        return True
    if not role.hidden_fields.isdisjoint(schema.named_by):
        return False
    above |= {schema.id}
    return all(_shows_open_names(author, spec, above) for spec in schema.pattern_fields if spec.relation_kind)


def _shows_open_names(author: Author, link: FieldSpec, above: frozenset[int]) -> bool:
    key = link.related_object_id or 0
    if key in above or key not in author.directory.objects:
        return True
    return author.role.grant(key).view == Extent.ALL and name_is_open(author, author.directory.schema(key), above)


def name_for(
    author: Author, schema: ObjectSchema, values: Mapping[str, Any], names: Mapping[int, str] = NO_NAMES
) -> str:
    """A record's name, made of what the caller may see. `names`: those of the linked records they may see."""
    hidden = author.role.hidden_fields
    seen = {key: value for key, value in values.items() if int(key) not in hidden}
    people = [spec for spec in schema.pattern_fields if spec.type.column == "member"]
    stored = (seen.get(str(spec.id)) for spec in people)
    members = author.directory.members(key for key in stored if key is not None)
    return display_name(schema, seen, names, {key: member.name for key, member in members.items()})


def shown_pattern(author: Author, schema: ObjectSchema) -> str:
    """The object's display pattern; none for a role that may not see one of its fields."""
    hidden = author.role.hidden_fields
    return "" if any(spec.id in hidden for spec in schema.pattern_fields) else schema.display_pattern


def stand_in(author: Author, schema: ObjectSchema) -> FieldSpec | None:
    """The text that takes the place of the object's names in searches and orders, where names are not open.

    The one field of the pattern, or the identifier where there is no pattern; None when that would be another thing
    than the names, or is hidden.
    """
    named = schema.pattern_fields if schema.display_pattern else (schema.identifier,)
    field = named[0] if len(named) == 1 else None
    if field is None or field.id in author.role.hidden_fields:
        return None
    return field if field.type.column == "text" and not field.multiple else None


def find_sought_field(author: Author, schema: ObjectSchema, key: str, path: str) -> FieldSpec | None:
    """The field that a filter or an order names by API name or UUID, or what stands in for it.

    InvalidInput, which says `path`, for names that the caller may not compare.
    """
    field = find_field(author, schema, key)
    if field is None or field.computed != "display_name" or name_is_open(author, schema):
        return field
    field = stand_in(author, schema)
    if field is None:
        message = f"{path}: the names of these records may show what is hidden from your role; use another field."
        raise InvalidInput(message, "permission_required")
    return field
