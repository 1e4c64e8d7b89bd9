"""Reading what callers send: JSON objects, within limits, whatever the bytes are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from django.http import HttpRequest

from records.exceptions import InvalidInput, Place, quoted
from records.http import is_too_deep, read_bytes

from .answers import JSON
from .errors import UnsupportedMediaType

MAX_DEPTH = 64
MAX_TEXT = 10_000
_UTF_8 = ("utf-8", "utf8", "us-ascii")


class JsonBody:
    """A JSON object, read key by key; InvalidInput names the key that has another type than it
    should.

    `where` is the place of the object in the body.
    """

    def __init__(self, content: Mapping[str, Any], where: Place = ()) -> None:
        self.content = content
        self.where = where

    def text(self, key: str, default: str = "", *, most: int = MAX_TEXT) -> str:
        """A text, or `default` where there is none."""
        value = self.content.get(key)
        if value is None:
            return default
        if not isinstance(value, str) or "\x00" in value:
            raise self.wrong("expected a string", key)
        if len(value) > most:
            raise InvalidInput(
                f"at most {most} characters.", "limit_exceeded", at=(*self.where, key)
            )
        return value

    def required(self, key: str, *, most: int = MAX_TEXT) -> str:
        """A text that must be there."""
        value = self.text(key, most=most)
        if not value.strip():
            raise InvalidInput("this key is required.", "required", at=(*self.where, key))
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        value = self.content.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong("expected true or false", key)
        return value

    def wrong(self, what: str, *at: str | int) -> InvalidInput:
        """The refusal of what is at a place in this object."""
        return InvalidInput(f"{what}.", at=(*self.where, *at))


def read_object(request: HttpRequest, keys: Collection[str] | None) -> dict[str, Any]:
    """The JSON object in the body, with no other keys than these (None: with any); an empty body is
    an empty object."""
    body = read_bytes(request)
    if not body:
        return {}
    _check_type(request)
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(
            f"The body is not valid JSON: {error.msg} at character {error.pos}."
        ) from None
    if not isinstance(content, dict):
        raise InvalidInput("The body: expected a JSON object.")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and is_too_deep(content, MAX_DEPTH):
        raise InvalidInput(
            f"The body is nested more than {MAX_DEPTH} levels deep.", "limit_exceeded"
        )
    unknown = [key for key in content if keys is not None and key not in keys]
    if unknown and keys is not None:
        raise InvalidInput(
            f"Unknown keys: {listed(unknown)}. Known are {', '.join(keys) or 'none'}."
        )
    return content


def listed(keys: Collection[str]) -> str:
    """Keys for a message: the first few, each once and cut short."""
    keys = list(dict.fromkeys(keys))
    shown = ", ".join(quoted(key) for key in keys[:10])
    return shown if len(keys) <= 10 else f"{shown} and {len(keys) - 10} more"


def _check_type(request: HttpRequest) -> None:
    declared = request.META.get("CONTENT_TYPE") or "no media type"
    if (
        request.content_type != JSON
        or (request.content_params or {}).get("charset", "utf-8").lower() not in _UTF_8
    ):
        raise UnsupportedMediaType(
            f"Send the body as {JSON}, in UTF-8; this one is declared as {quoted(declared)}."
        )
    coding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if coding not in ("", "identity"):
        raise UnsupportedMediaType(
            f"Send the body without Content-Encoding; this one declares {quoted(coding)}."
        )
