"""From a WSGI request to the SDK's ASGI transport and back.

The SDK serves both eras of the protocol: sessions opened by a handshake (2025), of which nothing is
kept here, and messages that each say all (2026). Tools do their work in the request's own thread,
with its database connection.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import anyio
from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from records.services.access import Author

from .links import origin
from .server import Context, make_server

AUTHOR = "records.author"
Message = MutableMapping[str, Any]


def _author_of(context: Context) -> Author:
    request: Any = context.request
    author: Author = request.scope[AUTHOR]
    return author


_server = make_server(_author_of)


def exchange(request: HttpRequest, body: bytes, author: Author) -> HttpResponse:
    """The SDK's answer to one message."""
    origin.set(request.build_absolute_uri("/").rstrip("/"))
    start, content = async_to_sync(_exchange)(_scope(request, author), body)
    response = HttpResponse(content, status=start["status"])
    del response.headers["Content-Type"]
    for name, value in start["headers"]:
        response.headers[name.decode("latin-1")] = value.decode("latin-1")
    response.headers["Cache-Control"] = "no-store"
    return response


async def _exchange(scope: Message, body: bytes) -> tuple[Message, bytes]:
    unread = [body]
    sent: list[Message] = []

    async def receive() -> Message:
        if not unread:
            await anyio.sleep_forever()  # the client stays until it is answered
        return {"type": "http.request", "body": unread.pop(), "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    manager = StreamableHTTPSessionManager(
        _server, json_response=True, stateless=True, max_request_body_size=settings.RECORDS_MAX_BODY
    )
    async with manager.run():
        await manager.handle_request(scope, receive, send)
    return sent[0], b"".join(message.get("body", b"") for message in sent[1:])


def _scope(request: HttpRequest, author: Author) -> Message:
    named = {
        name.removeprefix("HTTP_"): value
        for name, value in request.META.items()
        if name.startswith("HTTP_")
    }
    named["CONTENT_TYPE"] = request.META.get("CONTENT_TYPE", "")
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": b"",
        "headers": [
            (name.lower().replace("_", "-").encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in named.items()
        ],
        AUTHOR: author,
    }
