"""A document of nested objects and lists."""

from __future__ import annotations

import json
from decimal import Decimal
from math import isfinite
from typing import Any

import orjson

from .base import JSON, FieldSpec, FieldType, InvalidValue, Stored, check_text, field_types
from .conditions import is_blank
from .numeric import MAX_INTEGER, MIN_INTEGER

MAX_BYTES = 2**20
MAX_DEPTH = 32
MAX_KEY = 255


class JsonDocument(FieldType):
    """An object or a list, kept as it is; an empty one is a blank. Writing it replaces it as a
    whole.

    The index says only that there is one. It is found by nothing else.
    """

    name = "json"
    label = "JSON document"
    column = "number"
    is_document = True
    conditions = {"is_blank": is_blank}
    aggregates = ("count",)
    groups = ()

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if raw == "":
            return None
        if not isinstance(raw, (dict, list)):
            raise InvalidValue("Expected an object or a list.")
        _check(raw)
        if len(orjson.dumps(raw)) > MAX_BYTES:
            raise InvalidValue(
                f"Ensure this value has at most {MAX_BYTES} bytes of JSON.", "limit_exceeded"
            )
        return raw or None

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text.strip()

    def is_kept(self, field: FieldSpec, text: str, stored: Stored) -> bool:
        try:
            said = json.loads(text, parse_float=Decimal, object_pairs_hook=_object)
        except (ValueError, ArithmeticError, RecursionError):
            return False
        kept = orjson.dumps(stored).decode()
        return bool(said == json.loads(kept, parse_float=Decimal, object_pairs_hook=_object))

    def to_cell(self, field: FieldSpec, shown: JSON) -> str:
        return orjson.dumps(shown).decode()

    def hint(self, field: FieldSpec) -> str:
        return "An object or a list, as JSON."

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[int]:
        return (1,)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": ["object", "array"]}

    def example(self, field: FieldSpec) -> JSON:
        return {"size": {"width": 2, "height": 3.5}, "colours": ["red", None]}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of which every key is there once; ValueError for others."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _check(raw: JSON) -> None:
    """Refuse what the engines store differently or not at all; one level at a time, so that depth
    costs no stack."""
    level = [raw]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise InvalidValue(
        f"Ensure this value is nested at most {MAX_DEPTH} levels deep.", "limit_exceeded"
    )


def _children(parent: JSON) -> list[JSON]:
    """The objects and lists right inside another; its keys and other values are checked."""
    if isinstance(parent, dict):
        for key in parent:
            check_text(key, MAX_KEY)
    inside = parent.values() if isinstance(parent, dict) else parent
    nested = []
    for child in inside:
        if isinstance(child, (dict, list)):
            nested.append(child)
        else:
            _check_scalar(child)
    return nested


def _check_scalar(value: JSON) -> None:
    if isinstance(value, str):
        check_text(value, MAX_BYTES)
    elif type(value) is int and not MIN_INTEGER <= value <= MAX_INTEGER:
        raise InvalidValue("Ensure these numbers fit into 64 bits.", "limit_exceeded")
    elif isinstance(value, float) and not isfinite(value):
        raise InvalidValue("Expected a number.")


field_types.register(JsonDocument.name, JsonDocument())
