"""The texts in the content of a view by which it names fields.

A filter names fields in its clauses. What columns hold is the caller's own business, so any text in
them may name one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .view_fields import FieldNames

NAMING = ("field", "field_id")  # a clause's keys
TAGS_CLAUSE = ("type", "tags")  # which has no field, and means the one of this name


def filter_texts(content: Any) -> Iterator[str]:
    """The texts by which the clauses of a filter name fields."""
    return (text for key, text in _texts(content) if key in NAMING or (key, text) == TAGS_CLAUSE)


def column_texts(content: Any) -> Iterator[str]:
    """Every text of columns, keys included."""
    return (text for _, text in _texts(content))


def _texts(content: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in content, with the key it stands at; keys stand at none."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield "", name
            yield from _texts(value, name)
    elif isinstance(content, list):
        for item in content:
            yield from _texts(item)
    elif isinstance(content, str):
        yield key, content


def without(content: Any, names: FieldNames) -> Any:
    """Columns without all that names one of these fields: entries of lists, and keys of objects."""
    if isinstance(content, list):
        return [without(item, names) for item in content if not _is_about(item, names)]
    if isinstance(content, dict):
        return {
            key: without(value, names)
            for key, value in content.items()
            if not names.are_among((key, value))
        }
    return content


def _is_about(item: Any, names: FieldNames) -> bool:
    """Whether an entry of a list is one of these fields, or describes one."""
    return names.are_among(item.values() if isinstance(item, dict) else (item,))
