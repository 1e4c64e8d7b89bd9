"""A way to PostgreSQL that is cut at a chosen moment of a transaction."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

COMMIT = b"COMMIT"
CHUNK = 1 << 16


@dataclass
class Cutter:
    """Passes bytes on, until it meets the COMMIT that it was armed for: `before` it is sent, or
    `after`."""

    server: tuple[str, int]
    listener: socket.socket
    moment: str = ""
    cut: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    def arm(self, moment: str) -> None:
        """Cut the connection that commits next."""
        self.cut.clear()
        self.moment = moment

    def serve(self) -> None:
        """Take in connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.server) as server:
            answers = threading.Event()
            answers.set()
            threading.Thread(
                target=self._bring_back, args=(server, client, answers), daemon=True
            ).start()
            with contextlib.suppress(OSError):
                while data := client.recv(CHUNK):
                    if self.moment and COMMIT in data:
                        moment, self.moment = self.moment, ""
                        if moment == "after":
                            answers.clear()  # the answer comes, and stays here
                            server.sendall(data)
                            self.cut.wait(30)
                        self._hang_up(client, server)
                        self.cut.set()
                        return
                    server.sendall(data)
            self._hang_up(client, server)

    def _bring_back(
        self, server: socket.socket, client: socket.socket, answers: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(CHUNK):
                if not answers.is_set():
                    self.cut.set()
                    return
                client.sendall(data)
        self._hang_up(client, server)

    @staticmethod
    def _hang_up(*sockets: socket.socket) -> None:
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def cutter(host: str, port: int) -> Iterator[Cutter]:
    """A cutter in front of a server, on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Cutter((host, port), listener)
        threading.Thread(target=made.serve, daemon=True).start()
        yield made
        listener.shutdown(socket.SHUT_RDWR)
