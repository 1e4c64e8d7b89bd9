"""Reading what callers send: JSON objects, within limits, whatever the bytes are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, UnreadablePostError

from records.exceptions import InvalidInput, TooLarge

from .answers import JSON
from .errors import UnsupportedMediaType

MAX_DEPTH = 64
_KEPT = "records.body"
_UTF_8 = ("utf-8", "utf8", "us-ascii")


def read_bytes(request: HttpRequest) -> bytes:
    """The body as sent; TooLarge, before it is read, when it is more than we read."""
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return _read_chunks(request)
    limit: int = settings.RECORDS_MAX_BODY
    sent = request.META.get("CONTENT_LENGTH") or "0"
    size = int(sent[:18]) if sent.isascii() and sent.isdigit() else 0
    if size > limit:
        raise TooLarge(f"The body has {sent} bytes; at most {limit} are read.")
    try:
        body = request.body
    except UnreadablePostError:
        body = b""
    if len(body) < size:  # what did arrive may happen to be valid
        raise InvalidInput("The body ended too early.")
    return body


def _read_chunks(request: HttpRequest) -> bytes:
    """A body sent in chunks, whose length nobody announced: Django takes it for empty."""
    body: bytes | None = request.META.get(_KEPT)
    if body is None:
        limit: int = settings.RECORDS_MAX_BODY
        body = request.META[_KEPT] = request.META["wsgi.input"].read(limit + 1)
        if len(body) > limit:
            raise TooLarge(f"At most {limit} bytes are read.")
    return body


def read_object(request: HttpRequest, keys: Collection[str]) -> dict[str, Any]:
    """The JSON object in the body, with no other keys than these; an empty body is an empty object."""
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
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(content)
    unknown = [key for key in content if key not in keys]
    if unknown:
        raise InvalidInput(f"Unknown keys: {listed(unknown)}. Known are {', '.join(keys) or 'none'}.")
    return content


def listed(keys: Collection[str]) -> str:
    """Keys for a message: the first few, each cut short."""
    shown = ", ".join(repr(key[:80]) for key in list(keys)[:10])
    return shown if len(keys) <= 10 else f"{shown} and {len(keys) - 10} more"


def _check_type(request: HttpRequest) -> None:
    kind = request.content_type or "no media type"
    if kind != JSON or (request.content_params or {}).get("charset", "utf-8").lower() not in _UTF_8:
        raise UnsupportedMediaType(f"Send the body as {JSON}, in UTF-8; this one is declared as {kind[:80]!r}.")


def _check_depth(content: Any) -> None:
    """Refuse what is nested deeper than anything we take, one level at a time so that depth costs no stack."""
    level = [content]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise InvalidInput(f"The body is nested more than {MAX_DEPTH} deep.", "limit_exceeded")
