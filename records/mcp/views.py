"""The one address of the MCP server: who calls, whether the message is JSON within limits, and the
way to the SDK."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from records.exceptions import (
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    RecordsError,
    TooLarge,
    TooMany,
    TooSlow,
    Unavailable,
)
from records.http import (
    client_address,
    header,
    is_too_deep,
    note_caller,
    note_standing,
    rate_headers,
    read_bytes,
    request_id,
)
from records.services.access import (
    Author,
    Source,
    authenticate_bearer,
    check_scope,
)
from records.services.database import repeated_when_lost, unavailable_when_faulty

from .arguments import MAX_DEPTH

PARSE_ERROR, INVALID_REQUEST, INTERNAL_ERROR = -32700, -32600, -32603
BEARER = re.compile(r"(?i:bearer) +([\x21-\x2b\x2d-\x7e]{1,255})")
STATUSES: dict[type, int] = {
    RecordsError: 400,
    NotAuthenticated: 401,
    NotAllowed: 403,
    TooLarge: 413,
    TooSlow: 408,
    TooMany: 429,
    Unavailable: 503,
}


class UnknownOrigin(NotAllowed):
    """A page of another site asks a browser to call us."""


@csrf_exempt  # there are no cookies here: a key is sent with every message
def endpoint(request: HttpRequest) -> HttpResponse:
    """Answer one message. Nothing is kept between messages, so there is no stream to GET and no
    session to DELETE."""
    if request.method != "POST":
        return _problem(
            405, INVALID_REQUEST, "This server is stateless: POST each message.", {"Allow": "POST"}
        )
    try:
        _check_origin(request)
        with unavailable_when_faulty():
            author = repeated_when_lost(lambda: _author(request))
        body = _body(request)
    except RecordsError as error:
        return refusal(error)
    from .transport import (
        exchange,
    )  # the SDK takes half a second to import, which commands need not wait for

    return exchange(request, body, author)


def _check_origin(request: HttpRequest) -> None:
    """A browser says which site's page makes it call; only pages of ours may."""
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.get_host()}"
    allowed = (own, *settings.CSRF_TRUSTED_ORIGINS, *settings.CORS_ALLOWED_ORIGINS)
    if origin is not None and origin not in allowed and not settings.CORS_ALLOW_ALL_ORIGINS:
        raise UnknownOrigin("This origin may not call this server.")


def _author(request: HttpRequest) -> Author:
    """The member behind the bearer key, who may read records at least."""
    if header(request, "X-Acting-Member"):
        raise NotAllowed("Nobody acts for other members here: leave X-Acting-Member out.")
    sent = BEARER.fullmatch(header(request, "Authorization"))
    if sent is None:
        raise NotAuthenticated("Send an API key: Authorization: Bearer <api key>.")
    author = authenticate_bearer(
        sent[1],
        Source.MCP,
        request_id(request),
        member_uuid=_member(request),
        address=client_address(request),
    )
    note_standing(request, author.standing)
    note_caller(request, "workspace", author.workspace.id)
    check_scope(author, "records", "read")
    return author


def _member(request: HttpRequest) -> UUID | None:
    named = header(request, "X-User-Id")
    try:
        return UUID(named) if named else None
    except ValueError:
        raise InvalidInput("The header X-USER-ID is malformed: expected a UUID.") from None


def _body(request: HttpRequest) -> bytes:
    """The message as sent: one JSON object, nested no deeper than anything a tool takes."""
    body = read_bytes(request)
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(
            f"The body is not valid JSON: {error.msg} at character {error.pos}.", "parse"
        ) from None
    if not isinstance(content, dict):
        raise InvalidInput("Send one JSON-RPC message; batches are not supported.")
    if type(content.get("id", "")) not in (str, int):
        raise InvalidInput("expected a string or a whole number.", at="id")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and is_too_deep(content, MAX_DEPTH):
        raise InvalidInput(
            f"The message is nested more than {MAX_DEPTH} levels deep.", "limit_exceeded"
        )
    return body


def refusal(error: RecordsError) -> HttpResponse:
    """The response to a message that met one problem before any tool was called."""
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="records", error="invalid_token"'
    elif status == 403 and not isinstance(error, UnknownOrigin):
        headers["WWW-Authenticate"] = (
            'Bearer realm="records", error="insufficient_scope", scope="records:read"'
        )
    elif isinstance(error, Unavailable | TooMany):
        headers["Retry-After"] = str(error.retry_after)
        if isinstance(error, TooMany):
            headers.update(rate_headers(error.standing))
        data = {"reason": error.code, "retry_after": error.retry_after}
        return _problem(status, INTERNAL_ERROR, error.detail, headers, data)
    return _problem(
        status, PARSE_ERROR if error.code == "parse" else INVALID_REQUEST, error.detail, headers
    )


def _problem(
    status: int,
    code: int,
    message: str,
    headers: dict[str, str],
    data: dict[str, Any] | None = None,
) -> HttpResponse:
    """A JSON-RPC error that answers no particular request."""
    content: dict[str, Any] = {
        "jsonrpc": "2.0",
        "id": None,
        "error": {"code": code, "message": message, **({"data": data} if data else {})},
    }
    return HttpResponse(
        orjson.dumps(content), status=status, content_type="application/json", headers=headers
    )
