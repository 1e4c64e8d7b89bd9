"""What every interface that speaks HTTP does with a request before it looks inside."""

from __future__ import annotations

import re
from contextlib import suppress
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError

from records.exceptions import InvalidInput, TooLarge

REQUEST_ID = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,128}")
_KEPT_ID = "records.request_id"
_KEPT_BODY = "records.body"


def request_id(request: HttpRequest) -> str:
    """The id by which caller and server speak of the request: the caller's own, if it is well-formed.

    The same however often it is asked for.
    """
    known: str | None = request.META.get(_KEPT_ID)
    if known is None:
        sent = request.META.get("HTTP_X_REQUEST_ID", "")
        known = request.META[_KEPT_ID] = usable_id(sent)
    return known


def usable_id(sent: str) -> str:
    """The id that a caller gave a request, if it is well-formed, else a new one."""
    return sent if _WELL_FORMED.fullmatch(sent) else str(uuid4())


def header(request: HttpRequest, name: str) -> str:
    """A header that is sent once, or more than once with one value; servers join repeated headers by commas."""
    text: str = request.META.get(f"HTTP_{name.upper().replace('-', '_')}", "")
    if "," not in text:
        return text.strip()
    values = {part.strip() for part in text.split(",")}
    if len(values) > 1:
        raise InvalidInput(f"The header {name} is sent with more than one value.")
    return values.pop()


def receive(request: HttpRequest) -> None:
    """Take in the body that a request announces, unless it is more than we read.

    A server hangs up on a caller whose body nobody has read; the caller may then never see the answer, or lose the
    next request on the same connection.
    """
    if "HTTP_TRANSFER_ENCODING" not in request.META:
        with suppress(InvalidInput, TooLarge):
            read_bytes(request)


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
    body: bytes | None = request.META.get(_KEPT_BODY)
    if body is None:
        limit: int = settings.RECORDS_MAX_BODY
        body = request.META[_KEPT_BODY] = request.META["wsgi.input"].read(limit + 1)
        if len(body) > limit:
            raise TooLarge(f"At most {limit} bytes are read.")
    return body


def is_too_deep(content: object, limit: int) -> bool:
    """Whether JSON has more than `limit` levels, looked at one at a time so that depth costs no stack."""
    level = [content]
    for _ in range(limit):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent if isinstance(parent, list) else ())
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
