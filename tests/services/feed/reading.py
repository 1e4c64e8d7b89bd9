"""Reading the feed in the tests of it."""

from __future__ import annotations

from typing import Any

from records.services.access.author import Author
from records.services.feed.feed_pages import list_changes
from records.services.feed.told_changes import Change
from tests.factories import Caller


def told(caller: Caller, after: str | None = None, **more: Any) -> list[Change]:
    """What happened to records behind a cursor, in one page."""
    changes = list_changes(caller.author, after=after, limit=1000, **more).changes
    return [change for change in changes if change.definition is None]


def actions(changes: list[Change]) -> list[tuple[str, int | None]]:
    return [(change.action, change.version) for change in changes]


def end(caller: Caller, **more: Any) -> str:
    """The cursor of the end."""
    return list_changes(caller.author, after="now", **more).cursor


def walked(author: Author, limit: int, **more: Any) -> list[Change]:
    """All changes, in pages of this size."""
    found: list[Change] = []
    page = list_changes(author, limit=limit, **more)
    found += page.changes
    while page.more:
        page = list_changes(author, after=page.cursor, limit=limit, **more)
        assert len(page.changes) <= limit
        found += page.changes
    return found
