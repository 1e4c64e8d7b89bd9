"""The change feed of a workspace, with the numbers and plain values of this API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.feeds import FeedViewSet, checked_cursor
from records.api.parameters import split
from records.exceptions import InvalidInput, problems_in
from records.services.access import check_scope
from records.services.feed import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_WAIT,
    Change,
    ChangePage,
    list_changes,
)
from records.services.reading import get_type_schema

from . import documentation
from .requests import MAX_KEY, Query
from .responses import feed_row
from .viewsets import WorkspaceViewSet

WORDS = {"objects": "dataTypeIds"}


class ChangesViewSet(WorkspaceViewSet, FeedViewSet):
    """Everything that happened, as the caller may see it."""

    area = ""

    @documentation.list_feed
    def list(self, request: HttpRequest) -> HttpResponse:
        check_scope(self.author, "records", "read")
        query = Query(request, "after", "dataTypeIds", "limit", "wait").only()
        after = checked_cursor(query.sent.get("after"))
        limit = query.number("limit", DEFAULT_LIMIT, MAX_LIMIT)
        seconds = 0 if query.sent.get("wait") == "0" else query.number("wait", 0, MAX_WAIT)
        types = _types(query.sent.get("dataTypeIds"))

        def read(place: str | None) -> ChangePage:
            check_scope(self.author, "records", "read")
            objects = None if types is None else [self._uuid(key) for key in types]
            with problems_in(WORDS):
                return list_changes(
                    self.author, after=place, objects=objects, limit=limit, plain=True
                )

        def show(change: Change) -> dict[str, Any]:
            return feed_row(self.author, change)

        return self.answer(request, read, after, seconds, show)

    def _uuid(self, key: int) -> str:
        if key not in self.author.directory.objects:
            raise InvalidInput(f"there is no data type {key}.", "does_not_exist", at="dataTypeIds")
        return get_type_schema(self.author, key).uuid


def _types(sent: str | None) -> list[int] | None:
    """The numbers of data types in a comma-separated list."""
    if sent is None:
        return None
    found = []
    for text in split(sent):
        if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= MAX_KEY):
            raise InvalidInput("expected numbers of data types.", at="dataTypeIds")
        found.append(int(text))
    return found
