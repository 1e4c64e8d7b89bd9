"""What every interface that speaks HTTP does with a request before it looks inside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import IO, Any
from uuid import uuid4

from django.conf import settings
from django.http import FileResponse, HttpRequest, UnreadablePostError

from records.exceptions import InvalidInput, Standing, TooLarge, TooSlow

Address = IPv4Address | IPv6Address

REQUEST_ID = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,128}")
_KEPT_ID = "records.request_id"
_KEPT_BODY = "records.body"
_KEPT_STANDING = "records.standing"
# The half of an IPv6 address that a client is given; it chooses the other half itself.
_SITE_BITS = 64
_BLOCK = 1 << 16
# What the server sets for a request whose body it no longer waits for.
TOO_SLOW = "records.too_slow"
# What the server reads when a request has been answered: see management/serving/turns.py.
CALLER = "records.caller"


def request_id(request: HttpRequest) -> str:
    """The id by which caller and server speak of the request: the caller's own, if it is
    well-formed.

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


def plain(address: str) -> Address:
    """The address that a text is. A listener for both families has those of IPv4 inside of IPv6,
    and may write them in either form."""
    parsed = ip_address(address.partition("%")[0])
    return getattr(parsed, "ipv4_mapped", None) or parsed


def client_address(request: HttpRequest) -> str:
    """The address that a client's requests are counted under; "" when it is not known."""
    return address_of(request.META)


def address_of(environ: Mapping[str, Any]) -> str:
    """The address of the client behind a WSGI environment; "" when it is not known.

    Behind a proxy it is the last entry of X-Forwarded-For, since the client may have sent those
    before it. Without one the address would be the proxy's, which all clients share.
    """
    if settings.TRUST_PROXY_HEADERS:
        sent = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    else:
        sent = environ.get("REMOTE_ADDR", "")
    try:
        address = plain(sent)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _SITE_BITS), strict=False))
    return str(address)


def note_caller(request: HttpRequest, kind: str, key: object) -> None:
    """Keep whose request this is. All that a workspace's keys send take turns as one, and so do the
    pages of a user: an admin can still revoke a noisy key."""
    request.META[CALLER] = f"{kind} {key}"


def note_standing(request: HttpRequest, standing: Standing | None) -> None:
    """Keep where the caller stands, for the headers of the response: of several limits, the one
    with the fewest requests left."""
    kept: Standing | None = request.META.get(_KEPT_STANDING)
    if standing is not None and (kept is None or standing.remaining < kept.remaining):
        request.META[_KEPT_STANDING] = standing


def standing_headers(request: HttpRequest) -> dict[str, str]:
    """Where the caller stands, as response headers; none for a caller without limits."""
    kept: Standing | None = request.META.get(_KEPT_STANDING)
    return {} if kept is None else rate_headers(kept)


def rate_headers(standing: Standing) -> dict[str, str]:
    """The headers that clients and gateways know: see docs/decisions/rate-headers.md."""
    return {
        "RateLimit-Limit": str(standing.limit),
        "RateLimit-Remaining": str(standing.remaining),
        "RateLimit-Reset": str(standing.resets_in),
    }


def header(request: HttpRequest, name: str) -> str:
    """A header that is sent once, or more than once with one value; servers join repeated headers
    by commas."""
    text: str = request.META.get(f"HTTP_{name.upper().replace('-', '_')}", "")
    if "," not in text:
        return text.strip()
    values = {part.strip() for part in text.split(",")}
    if len(values) > 1:
        raise InvalidInput(f"The header {name} is sent with more than one value.")
    return values.pop()


def receive(request: HttpRequest) -> None:
    """Take in the body that a request announces, unless it is more than we read.

    For an author who is known, and before a transaction: nobody waits for a caller who is slow.
    """
    if "HTTP_TRANSFER_ENCODING" not in request.META:
        with suppress(InvalidInput, TooLarge, TooSlow):
            read_bytes(request)


def read_bytes(request: HttpRequest) -> bytes:
    """The body as sent; TooLarge, before it is read, when it is more than we read."""
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return _read_chunks(request)
    limit: int = settings.RECORDS_MAX_BODY
    sent = request.META.get("CONTENT_LENGTH") or "0"
    size = int(sent[:18]) if sent.isascii() and sent.isdigit() else 0
    if size > limit:
        raise TooLarge(f"The body has {sent} bytes; the limit is {limit}.")
    try:
        body = request.body
    except UnreadablePostError:
        body = b""
    _check_not_given_up(request)
    if len(body) < size:  # what did arrive may happen to be valid
        raise InvalidInput("The body is incomplete.")
    return body


def _read_chunks(request: HttpRequest) -> bytes:
    """A body sent in chunks, whose length nobody announced: Django takes it for empty."""
    body: bytes | None = request.META.get(_KEPT_BODY)
    if body is None:
        limit: int = settings.RECORDS_MAX_BODY
        body = request.META[_KEPT_BODY] = request.META["wsgi.input"].read(limit + 1)
        _check_not_given_up(request)
        if len(body) > limit:
            raise TooLarge(f"The body has more than {limit} bytes, which is the limit.")
    return body


def _check_not_given_up(request: HttpRequest) -> None:
    if TOO_SLOW in request.META:
        raise TooSlow


def download(file: IO[bytes], name: str, content_type: str) -> FileResponse:
    """The answer that is a file, and closes it. Its length goes first, so that a part is never
    taken for all of it."""
    response = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    response.block_size = _BLOCK
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def is_too_deep(content: object, limit: int) -> bool:
    """Whether JSON has more than `limit` levels, looked at one at a time so that depth costs no
    stack."""
    level = [content]
    for _ in range(limit):
        level = [
            child
            for parent in level
            for child in (
                parent.values()
                if isinstance(parent, dict)
                else parent
                if isinstance(parent, list)
                else ()
            )
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
