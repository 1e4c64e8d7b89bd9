"""The fields that a saved filter uses, each of its own object: that of the view, or the one that a
clause on linked records leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from records.field_types import FieldSpec
from records.models import Extent
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.search import RELATED, TAGS

from .view_fields import find_named

FIELD, LINK = "field", "field_id"  # a clause's keys


@dataclass(frozen=True, slots=True)
class Use:
    """A field that a filter uses, by primary key of the object and definition.

    Without a field the object has none of that name; without an object it is unknown which it is.
    """

    object_id: int | None
    field: FieldSpec | None = None

    def is_hidden(self, author: Author) -> bool:
        """Whether the caller may not be told of it. What is unknown may be what is hidden from
        them, if anything is."""
        role = author.role
        if self.object_id is None:
            return not role.is_admin
        if role.grant(self.object_id).view == Extent.NONE:
            return True
        if self.field is None:
            return bool(role.hidden_fields)
        return self.field.id in role.hidden_fields


def filter_uses(
    author: Author, schema: ObjectSchema, content: Any, *, are_clauses: bool = False
) -> Iterator[Use]:
    """What a filter of the object uses. Fields that the notes of a filter builder name count too;
    other texts of notes are its own business."""
    if isinstance(content, list):
        for item in content:
            yield from filter_uses(author, schema, item, are_clauses=are_clauses)
    elif isinstance(content, dict):
        yield from _named(schema, content, is_clause=are_clauses)
        for key, value in content.items():
            if key == "value" and content.get("type") == RELATED:
                yield from _linked(author, schema, content)
            else:
                yield from filter_uses(author, schema, value, are_clauses=key == "filters")


def _named(schema: ObjectSchema, part: Mapping[str, Any], *, is_clause: bool) -> Iterator[Use]:
    required = LINK if part.get("type") == RELATED else FIELD
    for key in (FIELD, LINK):
        text = part.get(key)
        if isinstance(text, str):
            found = find_named(schema, text)
            if found is not None or (is_clause and key == required):
                yield Use(schema.id, found)
    if part.get("type") == TAGS and schema.is_contact:
        yield Use(schema.id, schema.by_name.get(TAGS))


def _linked(author: Author, schema: ObjectSchema, clause: Mapping[str, Any]) -> Iterator[Use]:
    sent = clause.get(LINK)
    link = find_named(schema, sent) if isinstance(sent, str) else None
    related = author.directory.find_related(link) if link is not None else None
    if related is None:  # of what is archived or unknown, no field can be looked up
        yield Use(None)
        return
    yield Use(related.id, link)
    yield from filter_uses(author, related, clause["value"])
