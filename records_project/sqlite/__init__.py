"""Django's SQLite backend, made to keep to the file that it has opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Creation:
    """Whether a connection may make the file."""

    allowed = False


@contextmanager
def files_may_be_made() -> Iterator[None]:
    """Let connections of this process make the database's file where there is none."""
    before, Creation.allowed = Creation.allowed, True
    try:
        yield
    finally:
        Creation.allowed = before
