"""Receivers of webhooks on loopback: what came to them, and what they answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from records.services.webhooks.courier import Courier


@dataclass(frozen=True)
class Message:
    """A message as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> Any:
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:
        """What the reference library reads; it raises for a wrong signature."""
        return Webhook(secret).verify(self.body, dict(self.headers))


Answer = tuple[int, Mapping[str, str]]


@dataclass
class Receiver:
    """A receiver. `answer` says what a message gets; it may take its time."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    answer: Callable[[Message], Answer] = lambda _: (204, {})
    came: threading.Condition = field(default_factory=threading.Condition)

    def always(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Answer every message so from now on."""
        self.answer = lambda _: (status, headers or {})

    @property
    def host(self) -> str:
        """As the operator opens it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/hook?from=records"

    def wait_for(self, count: int, seconds: float = 30) -> list[Message]:
        """The messages, once there are so many."""
        with self.came:
            arrived = self.came.wait_for(lambda: len(self.messages) >= count, seconds)
        assert arrived, f"{len(self.messages)} of {count} messages came"
        return list(self.messages)


@contextmanager
def receiving(**options: Any) -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    receiver = Receiver(**options)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # its sender was killed in the middle
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            message = Message(self.path, headers, body)
            with receiver.came:
                receiver.messages.append(message)
                receiver.came.notify_all()
            status, more = receiver.answer(message)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *args: Any) -> None:
            pass  # a sender that was killed

    server = Server(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def deliver() -> None:
    """Deliver all that is due, as a worker does."""
    courier = Courier()
    courier.drain()
    courier.senders.shutdown()
