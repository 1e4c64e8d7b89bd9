"""The filter groups by which a search finds records, beside its query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.api import parameters
from records.exceptions import InvalidInput, Place
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.search import AnyOf, Node, NoneOf
from records.services.views import group_conditions

GROUP_LISTS = ("in_group_ids", "not_in_group_ids")
GROUP_KEYS = ("group_id", *GROUP_LISTS)
MOST_GROUPS = 100


def asked_groups(
    author: Author, schema: ObjectSchema, content: Mapping[str, Any]
) -> tuple[Node, ...]:
    """The conditions of the filter groups that are named. With both lists only the first counts."""
    asked = {key: _group_ids(content, key) for key in GROUP_LISTS}
    one = [content["group_id"]] if content.get("group_id") is not None else []
    if asked["in_group_ids"]:
        asked["not_in_group_ids"] = []
    named: list[tuple[Place, object]] = [(("group_id",), key) for key in one]
    named += [((word, at), key) for word, keys in asked.items() for at, key in enumerate(keys)]
    found = group_conditions(author, schema, named)
    single, listed = found[: len(one)], tuple(found[len(one) :])
    if listed:
        single.append(AnyOf(listed) if asked["in_group_ids"] else NoneOf(listed))
    return tuple(single)


def _group_ids(content: Mapping[str, Any], key: str) -> list[Any]:
    """A list of ids, or a text with commas between them."""
    value = content.get(key)
    ids: Any = parameters.split(value) if isinstance(value, str) else value
    if ids is None:
        return []
    if not isinstance(ids, list):
        raise InvalidInput("expected a list of ids, or ids separated by commas.", at=key)
    if len(ids) > MOST_GROUPS:
        raise InvalidInput(f"at most {MOST_GROUPS} groups.", "limit_exceeded", at=key)
    return ids
