"""The one address of the MCP server: who calls, whether the message is JSON within limits, and the way to the SDK."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from records.exceptions import InvalidInput, NotAllowed, NotAuthenticated, RecordsError, TooLarge
from records.http import header, is_too_deep, read_bytes, request_id
from records.services.access import Author, Source, authenticate_bearer, check_scope

MAX_DEPTH = 64
PARSE_ERROR, INVALID_REQUEST = -32700, -32600
BEARER = re.compile(r"(?i:bearer) +([\x21-\x2b\x2d-\x7e]{1,255})")
STATUSES: dict[type, int] = {RecordsError: 400, NotAuthenticated: 401, NotAllowed: 403, TooLarge: 413}


class UnknownOrigin(NotAllowed):
    """A page of another site asks a browser to call us."""


@csrf_exempt  # there are no cookies here: a key is sent with every message
def endpoint(request: HttpRequest) -> HttpResponse:
    """Answer one message. Nothing is kept between messages, so there is no stream to GET and no session to DELETE."""
    if request.method != "POST":
        return _problem(405, INVALID_REQUEST, "This server is stateless: POST each message.", {"Allow": "POST"})
    try:
        _check_origin(request)
        author = _author(request)
        body = _body(request)
    except RecordsError as error:
        return _refusal(error)
    from .transport import exchange  # the SDK takes half a second to import, which commands need not wait for

    return exchange(request, body, author)


def _check_origin(request: HttpRequest) -> None:
    """A browser says which site's page makes it call; only pages of ours may."""
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.get_host()}"
    if origin is not None and origin != own and origin not in settings.CSRF_TRUSTED_ORIGINS:
        raise UnknownOrigin("This origin may not call this server.")


def _author(request: HttpRequest) -> Author:
    """The member behind the bearer key, who may read records at least."""
    sent = BEARER.fullmatch(header(request, "Authorization"))
    if sent is None:
        raise NotAuthenticated("Send an API key: Authorization: Bearer <api key>.")
    author = authenticate_bearer(sent[1], Source.MCP, request_id(request), member_uuid=_member(request))
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
        raise InvalidInput(f"The body is not valid JSON: {error.msg} at character {error.pos}.", "parse") from None
    if not isinstance(content, dict):
        raise InvalidInput("Send one JSON-RPC message; batches are not supported.")
    if type(content.get("id", "")) not in (str, int):
        raise InvalidInput("id: expected a string or a whole number.")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and is_too_deep(content, MAX_DEPTH):
        raise InvalidInput(f"The message is nested more than {MAX_DEPTH} deep.", "limit_exceeded")
    return body


def _refusal(error: RecordsError) -> HttpResponse:
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="records", error="invalid_token"'
    elif status == 403 and not isinstance(error, UnknownOrigin):
        headers["WWW-Authenticate"] = 'Bearer realm="records", error="insufficient_scope", scope="records:read"'
    return _problem(status, PARSE_ERROR if error.code == "parse" else INVALID_REQUEST, error.detail, headers)


def _problem(status: int, code: int, message: str, headers: dict[str, str]) -> HttpResponse:
    """A JSON-RPC error that answers no particular request."""
    content: dict[str, Any] = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    return HttpResponse(orjson.dumps(content), status=status, content_type="application/json", headers=headers)
