"""Which fields of records a caller asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from records.exceptions import InvalidInput, did_you_mean
from records.field_types import FieldSpec
from records.services.access import Author, find_field, find_suspended, visible_fields
from records.services.catalogue import ObjectSchema

from .related_fields import check_links, find_any_field

FLAT_NAME = "name"
Finder = Callable[[Author, ObjectSchema, str], FieldSpec | None]


def _find_even_suspended(author: Author, schema: ObjectSchema, key: str) -> FieldSpec | None:
    return find_any_field(author, schema, key) or find_suspended(author, schema, key)


# By whether paths, and relationships with archived objects, are fields.
FINDERS: Mapping[tuple[bool, bool], Finder] = {
    (False, False): find_field,
    (True, False): find_any_field,
    (True, True): _find_even_suspended,
}


def select_fields(
    author: Author,
    schema: ObjectSchema,
    *,
    field_ids: Sequence[Any] | None = None,
    field_names: Sequence[Any] | None = None,
    categories: Sequence[str] | None = None,
    include_hidden: bool = False,
    related: bool = False,
    suspended: bool = False,
) -> tuple[FieldSpec, ...]:
    """The fields a caller requested: ids take precedence over names, names over categories; without
    any, all.

    An empty list of ids or names means the default fields. InvalidInput names what is unknown, a
    field hidden from the caller's role included. Fields flagged hidden come only with
    `include_hidden` or when named. `related`: names may be paths to fields of linked records.
    `suspended`: relationships with archived objects too, whose values are blank.
    """
    for part, keys in (("field_ids", field_ids), ("field_names", field_names)):
        # An empty list counts as given: it means the default fields.
        if keys is not None:
            find = FINDERS[related, suspended]
            return _named_fields(author, schema, part, keys, find)
    chosen = visible_fields(author, schema)
    if suspended:
        hidden = author.role.hidden_fields
        chosen += tuple(spec for spec in schema.suspended if spec.id not in hidden)
    if categories:
        chosen = _in_categories(chosen, categories)
    return chosen if include_hidden else tuple(spec for spec in chosen if not spec.is_hidden)


def _in_categories(fields: Sequence[FieldSpec], categories: Sequence[str]) -> tuple[FieldSpec, ...]:
    wanted = {key.lower() for key in categories}
    unknown = wanted - {spec.category_uuid for spec in fields}
    if unknown:
        raise InvalidInput(
            f"unknown {_shown(', '.join(sorted(unknown)))}.", "does_not_exist", at="field_category"
        )
    return tuple(spec for spec in fields if spec.category_uuid in wanted)


def _shown(key: object) -> str:
    """What a caller sent, unquoted for an error message: short, with invalid Unicode replaced."""
    return str(key)[:80].encode(errors="replace").decode()


def _default_fields(author: Author, schema: ObjectSchema) -> tuple[FieldSpec, ...]:
    visible = visible_fields(author, schema)
    return tuple(spec for spec in visible if spec.is_default and not spec.is_hidden)


def _named_fields(
    author: Author, schema: ObjectSchema, part: str, keys: Sequence[Any], find: Finder
) -> tuple[FieldSpec, ...]:
    if not keys:
        return _default_fields(author, schema)
    found = {}
    unknown = []
    for key in keys:
        # Every row has a flat name, so clients ask for it where no field is called so.
        if key == FLAT_NAME and part == "field_names" and key not in schema.by_name:
            continue
        spec = find(author, schema, key) if isinstance(key, str) else None
        # An id among the names, or a name among the ids, is unknown.
        if spec is None or (part == "field_ids") != (spec.name != key):
            unknown.append(_shown(key))
        else:
            found[spec.id] = spec
    if unknown:
        near = did_you_mean(unknown[0], [spec.name for spec in visible_fields(author, schema)])
        shown = ", ".join(unknown[:20])
        raise InvalidInput(f"unknown {shown}.{near}", "does_not_exist", at=part)
    check_links(found.values(), part)
    return tuple(found.values())
