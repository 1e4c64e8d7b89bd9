"""Values as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

import orjson
from django.urls import reverse
from django.utils.html import strip_tags

from records.field_types import FieldSpec
from records.services.access import Author

LONGEST_IN_LISTS = 120
MOST_IN_LISTS = 4


@dataclass(frozen=True, slots=True)
class Item:
    """One value: its text, and where it leads."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a record has in a field. `chips`: options and tags; `more`: how many values are not
    listed; `reason`: why there is no value, if a formula failed."""

    field: FieldSpec
    items: list[Item]
    chips: bool = False
    numeric: bool = False
    more: int = 0
    reason: str = ""


def show_cell(
    author: Author, field: FieldSpec, value: Any, *, total: int = 0, in_list: bool = False
) -> Cell:
    """A field's value for a page; in lists long texts and long lists are cut."""
    if value is not None and field.type.is_document:
        text = document_text(value)
        return Cell(field, [Item(cut(text) if in_list else text)])
    values = value if isinstance(value, list) else [] if value is None else [value]
    shown = values[:MOST_IN_LISTS] if in_list else values
    items = [
        Item(_text(field, item, in_list=in_list), _link(author, field, item)) for item in shown
    ]
    more = max(total, len(values)) - len(items)
    return Cell(field, items, field.type.has_options, field.type.is_numeric, more)


def value_text(field: FieldSpec, value: Any) -> str:
    """A value as one text, for the history."""
    if value is not None and field.type.is_document:
        return document_text(value)
    values = value if isinstance(value, list) else [] if value is None else [value]
    return ", ".join(_text(field, item) for item in values)


def _text(field: FieldSpec, value: Any, *, in_list: bool = False) -> str:
    text = field.type.to_words(field, value)
    if not isinstance(value, str):
        return text
    if field.type.json_schema(field).get("contentMediaType") == "text/html":
        text = unescape(strip_tags(text))
    return cut(text) if in_list else text


def document_text(value: Any) -> str:
    """A JSON document as people read and edit it."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def cut(text: str) -> str:
    """A text on one line, no longer than a list has room for."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_IN_LISTS else f"{text[:LONGEST_IN_LISTS]}…"


def _link(author: Author, field: FieldSpec, value: Any) -> str:
    """The page of a related record, for those who may open it."""
    related = author.directory.objects.get(field.related_object_id or 0)
    if related is None or not isinstance(value, Mapping) or not author.role.grant(related.id).any:
        return ""
    return reverse("admin:record", args=[related.uuid, value["id"]])
