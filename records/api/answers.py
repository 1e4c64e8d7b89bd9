"""JSON responses."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpResponse

JSON = "application/json"


def json_answer(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """`content` as a response that only its caller may keep, and asks about again before using
    it."""
    written = orjson.dumps(content, default=_number)
    response = HttpResponse(written, status=status, content_type=JSON)
    response.headers["Cache-Control"] = "private, no-cache"
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def written(content: Any) -> orjson.Fragment:
    """A part of a response as JSON already. Of many parts that are written one by one, as they are
    made, only one has to be in memory in its other form."""
    return orjson.Fragment(orjson.dumps(content, default=_number))


def _number(value: Any) -> orjson.Fragment:
    """A number that no float holds, with every digit."""
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}".encode())
    raise TypeError


def empty_answer(status: int, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A response that is all status and headers."""
    response = HttpResponse(status=status)
    del response.headers["Content-Type"]
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response
