"""Reading what callers send: JSON objects, within limits, whatever the bytes are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from django.http import HttpRequest

from records.exceptions import InvalidInput
from records.http import is_too_deep, read_bytes

from .answers import JSON
from .errors import UnsupportedMediaType

MAX_DEPTH = 64
MAX_TEXT = 10_000
_UTF_8 = ("utf-8", "utf8", "us-ascii")


class JsonBody:
    """A JSON object, read key by key; InvalidInput names the key that has another type than it should.

    `where` stands before the keys in messages: the place of an object inside another one.
    """

    def __init__(self, content: Mapping[str, Any], where: str = "") -> None:
        self.content = content
        self.where = where

    def text(self, key: str, default: str = "", *, most: int = MAX_TEXT) -> str:
        """A text, or `default` where there is none."""
        value = self.content.get(key)
        if value is None:
            return default
        if not isinstance(value, str) or "\x00" in value:
            raise self.wrong(key, "expected a string")
        if len(value) > most:
            raise InvalidInput(f"{self.where}{key}: at most {most} characters.", "limit_exceeded")
        return value

    def required(self, key: str, *, most: int = MAX_TEXT) -> str:
        """A text that must be there."""
        value = self.text(key, most=most)
        if not value.strip():
            raise InvalidInput(f"{self.where}{key}: this key is required.", "required")
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        value = self.content.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(key, "expected true or false")
        return value

    def wrong(self, key: str, what: str) -> InvalidInput:
        return InvalidInput(f"{self.where}{key}: {what}.")


def read_object(request: HttpRequest, keys: Collection[str] | None) -> dict[str, Any]:
    """The JSON object in the body, with no other keys than these (None: with any); an empty body is an empty object."""
    body = read_bytes(request)
    if not body:
        return {}
    _check_type(request)
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"The body is not valid JSON: {error.msg} at character {error.pos}.") from None
    if not isinstance(content, dict):
        raise InvalidInput("The body: expected a JSON object.")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and is_too_deep(content, MAX_DEPTH):
        raise InvalidInput(f"The body is nested more than {MAX_DEPTH} deep.", "limit_exceeded")
    unknown = [key for key in content if keys is not None and key not in keys]
    if unknown and keys is not None:
        raise InvalidInput(f"Unknown keys: {listed(unknown)}. Known are {', '.join(keys) or 'none'}.")
    return content


def listed(keys: Collection[str]) -> str:
    """Keys for a message: the first few, each cut short."""
    shown = ", ".join(repr(key[:80]) for key in list(keys)[:10])
    return shown if len(keys) <= 10 else f"{shown} and {len(keys) - 10} more"


def _check_type(request: HttpRequest) -> None:
    declared = request.META.get("CONTENT_TYPE") or "no media type"
    if request.content_type != JSON or (request.content_params or {}).get("charset", "utf-8").lower() not in _UTF_8:
        raise UnsupportedMediaType(f"Send the body as {JSON}, in UTF-8; this one is declared as {declared[:80]!r}.")
    coding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if coding not in ("", "identity"):
        raise UnsupportedMediaType(f"Send the body as it is; this one is declared to be encoded as {coding[:80]!r}.")
