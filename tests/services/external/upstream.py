"""A real HTTP server on this machine that keeps things, or behaves as badly as it is told to."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Behaviour = Callable[[BaseHTTPRequestHandler], None]
LONG = 20  # seconds after which a server that hangs gives up, if nobody releases it


@dataclass
class Seen:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Upstream:
    """The server, the things it keeps, what it was asked, and how it behaves instead of keeping
    things."""

    port: int
    scheme: str = "http"
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    behaviour: Behaviour | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer nothing until released."""
        self.reached.set()
        self.released.wait(LONG)
        handler.close_connection = True

    def answer(self, status: int, content: Any = None, **headers: str) -> None:
        """Behave so from now on: one answer to everything."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.behaviour = lambda handler: reply(handler, status, body, **headers)


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Upstream]:
    """An upstream that answers until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

        def do(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw) if raw else None
            upstream.seen.append(Seen(self.command, self.path, dict(self.headers), body))
            with contextlib.suppress(OSError):
                if upstream.behaviour is not None:
                    upstream.behaviour(self)
                else:
                    keep(upstream, self, body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do  # noqa: N815 - named by the library

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Callers that go away are expected."""

    server = Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    upstream = Upstream(server.server_port, "http" if context is None else "https")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        upstream.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def keep(upstream: Upstream, handler: BaseHTTPRequestHandler, body: Any) -> None:
    """Keep things, as an API of its own kind does: `/v1/things` and `/v1/things/{id}`."""
    parts = urlsplit(handler.path)
    name = unquote(parts.path.removeprefix("/v1/things").removeprefix("/"))
    status, content = _kept(upstream.things, handler.command, name, body, parse_qs(parts.query))
    reply(
        handler,
        status,
        b"" if content is None else json.dumps(content).encode(),
        Content_Type="application/json",
    )


def _kept(
    things: dict[str, dict[str, Any]],
    method: str,
    name: str,
    body: Any,
    query: dict[str, list[str]],
) -> tuple[int, Any]:
    if not name:
        if method == "POST":
            key = str(body.get("id", f"T-{len(things) + 1}"))
            things[key] = {"id": key, **body}
            return 201, {"thing": things[key]}
        return 200, _listed(things, query)
    if name.endswith("/cancel"):
        things[name.removesuffix("/cancel")]["cancelled"] = True
        return 204, None
    if method == "PUT":
        status = 200 if name in things else 201
        things[name] = {"id": name, **body}
        return status, {"thing": things[name]}
    if name not in things:
        return 404, {"error": "no such thing"}
    if method == "DELETE":
        del things[name]
        return 204, None
    if method == "PATCH":
        things[name].update(body)
    return 200, {"thing": things[name]}


def _listed(things: dict[str, dict[str, Any]], query: dict[str, list[str]]) -> dict[str, Any]:
    rows = list(things.values())
    if "q" in query:
        rows = [row for row in rows if query["q"][0].lower() in str(row.get("title", "")).lower()]
    if "colour" in query:
        rows = [row for row in rows if row.get("colour") == query["colour"][0]]
    start, size = int(query.get("offset", ["0"])[0]), int(query.get("limit", ["100"])[0])
    return {"things": rows[start : start + size], "meta": {"total": len(rows)}}
