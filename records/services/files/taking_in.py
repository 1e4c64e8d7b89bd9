"""Taking bytes in: of an announced size, into a file of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import IO, Protocol, TypeVar

from django.conf import settings
from django.core.files.base import File

from records.exceptions import InvalidInput, TooLarge
from records.services.database import in_one_transaction
from records.services.storage import discard_file

CHUNK = 1 << 16
T = TypeVar("T")


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


def take_in(
    source: Readable,
    size: int,
    store: Callable[[File[bytes]], str],
    enter: Callable[[str, str], T],
) -> T:
    """What `enter` makes, in one transaction, of the name under which `store` has put the bytes,
    and of their SHA-256. Where it fails before its commit they are removed."""
    check_size(size)
    with spooled_bytes(source, size) as (spooled, digest):
        stored = store(File(spooled))
    committing = False

    def work() -> T:
        nonlocal committing
        # It runs again when the transaction is retried.
        committing = False
        entered = enter(stored, digest)
        committing = True
        return entered

    try:
        return in_one_transaction(work)
    except BaseException:
        # Once COMMIT may have been sent, the row may or may not be stored: the sweeper
        # decides later.
        if not committing:
            discard_file(stored)
        raise
