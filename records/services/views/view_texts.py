"""The texts by which columns name fields. What they hold is the caller's own business, so any text
in them may name one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .view_fields import FieldNames


def column_texts(content: Any) -> Iterator[str]:
    """Every text of columns, keys included."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield name
            yield from column_texts(value)
    elif isinstance(content, list):
        for item in content:
            yield from column_texts(item)
    elif isinstance(content, str):
        yield content


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
