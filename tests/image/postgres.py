"""A database for a container that has no network: PostgreSQL's port on this machine, led into a
socket of a folder."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import conninfo, sql

INSIDE = "/run/postgresql"


@contextmanager
def own_database(server: str, folder: Path) -> Iterator[str]:
    """Make a database at the server of a URL, and yield its URL in a container that has the folder
    at INSIDE."""
    name = f"replay_{os.getpid()}"
    admin_url = f"{server.rpartition('/')[0]}/postgres"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            given = conninfo.conninfo_to_dict(server)
            target = (str(given.get("host", "127.0.0.1")), int(given.get("port") or 5432))
            who = quote(str(given.get("user", "")), safe="")
            if given.get("password"):
                who += f":{quote(str(given['password']), safe='')}"
            with forwarded(folder / ".s.PGSQL.5432", target):
                yield f"postgres://{who}@{quote(INSIDE, safe='')}/{name}"
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def forwarded(path: Path, target: tuple[str, int]) -> Iterator[None]:
    """Pass each connection to a socket on to a TCP port."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        path.chmod(0o777)
        listening.listen(64)
        threading.Thread(target=accept, args=(listening, target), daemon=True).start()
        yield


def accept(listening: socket.socket, target: tuple[str, int]) -> None:
    with suppress(OSError):
        while True:
            near, _ = listening.accept()
            far = socket.create_connection(target)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=pump, args=(source, sink), daemon=True).start()


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(65536):
            sink.sendall(received)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
