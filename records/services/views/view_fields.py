"""Which fields the content of a view names.

A filter names fields in its clauses. What columns hold is the caller's own business, so any text in
them may name one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from records.field_types import FieldSpec
from records.services.access import Author
from records.services.catalogue import ObjectSchema

NAMING = ("field", "field_id")  # a clause's keys
TAGS_CLAUSE = ("type", "tags")  # which has no field, and means the one of this name
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def filter_texts(content: Any, key: str = "") -> Iterator[str]:
    """The texts by which the clauses of a filter name fields."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from filter_texts(value, name)
    elif isinstance(content, list):
        for item in content:
            yield from filter_texts(item)
    elif isinstance(content, str) and (key in NAMING or (key, content) == TAGS_CLAUSE):
        yield content


def column_texts(content: Any) -> Iterator[str]:
    """Every text of columns."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield name
            yield from column_texts(value)
    elif isinstance(content, list):
        for item in content:
            yield from column_texts(item)
    elif isinstance(content, str):
        yield content


@dataclass(frozen=True, slots=True)
class FieldNames:
    """Fields by how texts name them: by UUID, by the API name of one of the object, or of one of an
    object it links to."""

    uuids: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    linked: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.uuids)

    def are_in(self, text: str) -> bool:
        """Whether a text names one of the fields: `name`, `-name`, `"custom"::id`, `link.name`."""
        if any(uuid.lower() in self.uuids for uuid in UUID.findall(text)):
            return True
        key = text.rpartition("::")[2].strip().removeprefix("-")
        near, _, far = key.partition(".")
        return near in self.own or far in self.linked


def names_of(spec: FieldSpec) -> FieldNames:
    """How a field of the object is named."""
    return FieldNames(frozenset({spec.uuid}), frozenset({spec.name}))


def hidden_names(author: Author, schema: ObjectSchema) -> FieldNames:
    """How the fields are named that the caller's role may not see, of the object and of those it
    links to."""
    hidden = author.role.hidden_fields
    if not hidden:
        return FieldNames()
    own = [spec for spec in schema.fields if spec.id in hidden]
    related = {found.id: found for spec in schema.fields if (found := _related(author, spec))}
    linked = [spec for other in related.values() for spec in other.fields if spec.id in hidden]
    return FieldNames(
        frozenset(spec.uuid for spec in (*own, *linked)),
        frozenset(spec.name for spec in own),
        frozenset(spec.name for spec in linked),
    )


def _related(author: Author, spec: FieldSpec) -> ObjectSchema | None:
    return author.directory.find_related(spec)


def without(content: Any, names: FieldNames) -> Any:
    """Columns without all that names one of these fields: entries of lists, and keys of objects."""
    if isinstance(content, list):
        return [without(item, names) for item in content if not _is_about(item, names)]
    if isinstance(content, dict):
        return {
            key: without(value, names)
            for key, value in content.items()
            if not names.are_in(key) and not (isinstance(value, str) and names.are_in(value))
        }
    return content


def _is_about(item: Any, names: FieldNames) -> bool:
    """Whether an entry of a list is one of these fields, or describes one."""
    if isinstance(item, dict):
        return any(isinstance(value, str) and names.are_in(value) for value in item.values())
    return isinstance(item, str) and names.are_in(item)
