"""The change feed of a workspace."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api import parameters
from records.api.feeds import FeedViewSet, checked_cursor
from records.services.feed import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_WAIT,
    Change,
    ChangePage,
    change_content,
    list_changes,
)

from . import documentation


class ChangesViewSet(FeedViewSet):
    """Everything that happened, as the caller may see it."""

    area = "records"

    @documentation.changes
    def list(self, request: HttpRequest) -> HttpResponse:
        after = checked_cursor(request.GET.get("after"))
        objects = parameters.csv(request, "objects")
        limit = parameters.number(request, "limit", DEFAULT_LIMIT, least=1, most=MAX_LIMIT)
        seconds = parameters.number(request, "wait", 0, least=0, most=MAX_WAIT)

        def read(place: str | None) -> ChangePage:
            return list_changes(self.author, after=place, objects=objects, limit=limit)

        def show(change: Change) -> dict[str, Any]:
            return change_content(change, self.author.workspace.zone)

        return self.answer(request, read, after, seconds, show)
