"""The body of a request, which may come slowly, in part, or not be read at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

BLOCK = 1 << 16
# A body of at most this many bytes is read before its request begins.
SMALL = 1 << 16

Waiting = Callable[[], AbstractContextManager[None]]


class Stream(Protocol):
    """A body as WSGI has it; reading blocks until the bytes are there."""

    def read(self, size: int = -1, /) -> bytes:
        """Return this many bytes, fewer at the end; all that is left for -1."""

    def readline(self, size: int = -1, /) -> bytes:
        """Return the bytes up to the end of a line."""


class CountedBody:
    """A body that knows how much of it is left: None when the client did not say how long it is.

    Reads block inside `waiting()`, which lets others work in the meantime. `came_short` is called
    with the time at which a read began that got no more than there is.
    """

    __slots__ = ("came_short", "left", "stream", "waiting")

    def __init__(
        self,
        stream: Stream,
        left: int | None,
        waiting: Waiting,
        came_short: Callable[[float], None],
    ) -> None:
        self.stream = stream
        self.left = left
        self.waiting = waiting
        self.came_short = came_short

    def read(self, size: int = -1, /) -> bytes:
        """Return this many bytes, fewer at the end; all that is left for -1."""
        with self.waiting():
            began = time.monotonic()
            # The server takes no -1.
            got = self.stream.read(size) if size >= 0 else self.stream.read()
        return self._counted(got, size, began)

    def readline(self, size: int = -1, /) -> bytes:
        """Return the bytes up to the end of a line."""
        with self.waiting():
            began = time.monotonic()
            got = self.stream.readline(size) if size >= 0 else self.stream.readline()
        return self._counted(got, size, began)

    def _counted(self, got: bytes, size: int, began: float) -> bytes:
        if self.left is not None:
            self.left -= len(got)
        # Nobody says that chunks have ended; that fewer bytes came than were asked for does.
        elif size < 0 or len(got) < size:
            self.left = 0
        if size < 0 or len(got) < size:
            self.came_short(began)
        return got

    def readlines(self, hint: int = -1, /) -> list[bytes]:
        """Return all lines."""
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def drain(self, limit: int) -> bool:
        """Read what is left, unless that is more than this many bytes; return whether all is
        read."""
        if self.left is not None and self.left > limit:
            return False
        while self.left != 0 and limit > 0:
            got = self.read(min(BLOCK, limit))
            limit -= len(got)
            if not got:  # the client sends no more
                break
        return self.left == 0


def declared_length(environ: dict[str, Any]) -> int | None:
    """Return how many bytes the body has; None when they come in chunks."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    return int(environ.get("CONTENT_LENGTH") or 0)  # the server refuses what is not a number
