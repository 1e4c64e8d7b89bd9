"""Formatted text."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import nh3

from .base import JSON, FieldSpec, Stored, check_text, field_types
from .folding import index_text
from .longtext import MAX_LENGTH, LongText

# After cleaning every "<" opens a tag and every attribute value is in double quotes.
TAG = re.compile(r'</?([a-z0-9]+)(?:"[^"]*"|[^">])*>')
# Tags that stand within a word without ending it.
WITHIN_WORDS = frozenset(
    {
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "i",
        "ins",
        "kbd",
    }
    | {
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    }
)


class Wysiwyg(LongText):
    """HTML, stored with everything removed that could act on its reader; searched without its
    tags."""

    name = "wysiwyg"
    label = "Formatted text"
    rules = {}
    workspace_name = ""
    workspace_aliases = ()

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        # Cleaning can make a text longer; what is read must still fit when it is sent back.
        return check_text(nh3.clean(check_text(raw, MAX_LENGTH)), MAX_LENGTH) or None

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[str]:
        return (index_text(unescape(TAG.sub(_gap, stored)), field.language),)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {**super().json_schema(field), "contentMediaType": "text/html"}

    def example(self, field: FieldSpec) -> JSON:
        return "<p>An <strong>important</strong> remark.</p>"


def _gap(tag: re.Match[str]) -> str:
    return "" if tag[1] in WITHIN_WORDS else " "


field_types.register(Wysiwyg.name, Wysiwyg())
