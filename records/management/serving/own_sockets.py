"""The sockets that the server of this process has open, which it shows nobody."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def sockets_of(port: int) -> Iterator[tuple[int, socket.socket]]:
    """Copies of the sockets that belong to this port, by the numbers of the files. Close each; the
    socket itself stays open."""
    for file in list(Path("/dev/fd").iterdir()):
        with suppress(OSError):
            copy = copy_of_socket(int(file.name))
            if copy is None:
                continue
            if _is_at(copy, port):
                yield int(file.name), copy
            else:
                copy.close()


def _is_at(opened: socket.socket, port: int) -> bool:
    if opened.type != socket.SOCK_STREAM or opened.family == socket.AF_UNIX:
        return False
    return bool(opened.getsockname()[1] == port)


def copy_of_socket(number: int) -> socket.socket | None:
    """Copy a file that is a socket, so that it stays the same one; None for any other file.

    No other file may be copied: closing a copy of SQLite's file would end the locks that this
    process has on it, and another process would then write at the same time.
    """
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        return None
    copy = os.dup(number)
    # Between the two calls the number can have become another file's. Such a copy stays open.
    if not stat.S_ISSOCK(os.fstat(copy).st_mode):
        return None
    return socket.socket(fileno=copy)
