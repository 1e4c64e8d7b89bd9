"""Keys that write nothing."""

from __future__ import annotations

from records.exceptions import NotAllowed

from .author import Author


def check_writes(author: Author) -> None:
    """NotAllowed when the caller's key is read-only, whatever is written and whosever it is."""
    if author.is_read_only:
        raise NotAllowed(
            "The API key is read-only: it has read scopes alone. Use a key with a write scope, or "
            "one with self-access for records of its own member."
        )
