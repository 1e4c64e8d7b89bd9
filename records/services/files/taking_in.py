"""Taking bytes in: of an announced size, into a file of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import IO, Protocol

from django.conf import settings

from records.exceptions import InvalidInput, TooLarge

CHUNK = 1 << 16


class Readable(Protocol):
    """A source of bytes."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""


def check_size(size: int) -> None:
    """TooLarge by the announced size, before any byte is read."""
    limit: int = settings.ATTACHMENT_MAX_BYTES
    if size > limit:
        raise TooLarge(f"The file has {size} bytes; the limit is {limit}.")


@contextmanager
def spooled_bytes(source: Readable, size: int) -> Iterator[tuple[IO[bytes], str]]:
    """The bytes in a file of their own, which is never in memory as a whole, and their SHA-256."""
    digest, left = sha256(), size
    with tempfile.TemporaryFile() as file:
        # Never past the announced length: the connection stays open, and the read would wait.
        while left:
            try:
                chunk = source.read(min(left, CHUNK))
            except OSError:  # the client has closed the connection
                chunk = b""
            if not chunk:
                raise InvalidInput(f"The file is incomplete: {left} bytes are missing.")
            digest.update(chunk)
            file.write(chunk)
            left -= len(chunk)
        file.seek(0)
        yield file, digest.hexdigest()
