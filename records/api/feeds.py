"""What the change feeds of the APIs have in common: reading a page, and waiting for one that has
changes."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from records.exceptions import InvalidInput
from records.http import without_seat
from records.services.feed import Change, ChangePage, Waited, wait_for_changes

from .answers import json_answer, written
from .viewsets import ApiViewSet

MAX_CURSOR = 1000  # characters
RETRY_AFTER = "1"  # seconds


def checked_cursor(sent: str | None) -> str | None:
    """A cursor as it is sent; InvalidInput where it is too long, or has invalid characters."""
    if sent is not None and (not sent.isascii() or not 0 < len(sent) <= MAX_CURSOR):
        raise InvalidInput("expected a cursor that this feed returned, or now.", at="after")
    return sent


class FeedViewSet(ApiViewSet):
    """Answers a page of the feed."""

    def answer(
        self,
        request: HttpRequest,
        read: Callable[[str | None], ChangePage],
        after: str | None,
        seconds: int,
        show: Callable[[Change], object],
    ) -> HttpResponse:
        """The page behind a cursor; without changes, the first one that has some, after at most
        these seconds. `show` is how the API shows a change.

        Too many wait already: the empty page at once, with `Retry-After`.
        """
        until = time.monotonic() + seconds
        page, headers = read(after), {}
        while seconds and not page.changes and not page.more:
            waited = wait_for_changes(
                self.author.workspace.id, page.mark, until, without_seat(request)
            )
            if waited == Waited.FULL:
                headers = {"Retry-After": RETRY_AFTER}
            if waited != Waited.NEWS:
                break
            # The key may have been revoked since, and the member's rights changed.
            sent = request.resolver_match
            self.author = self.authenticate(request, dict(sent.kwargs) if sent else {})
            self._check_scope("read")
            page = read(page.cursor)
        changes = [written(show(change)) for change in page.changes]
        content = {"changes": changes, "cursor": page.cursor, "more": page.more}
        return json_answer(content, headers=headers)
