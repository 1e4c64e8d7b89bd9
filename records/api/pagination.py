"""Pages of results, and the links from one to the next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest

from records.exceptions import InvalidInput

T = TypeVar("T")
DEFAULT_SIZE = 100
MAX_SIZE = 1000
MAX_PAGE = 10_000_000
KEYS = ("page", "page_size")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page, counted from 1, of how many results each."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def of(self, found: Sequence[T]) -> Sequence[T]:
        """The results on the page, of all that were found."""
        return found[self.offset : self.offset + self.size]


def page_request(
    request: HttpRequest,
    body: Mapping[str, Any] | None = None,
    *,
    size: int = DEFAULT_SIZE,
    most: int = MAX_SIZE,
) -> PageRequest:
    """The page asked for in the query string, else in the body, which must be right even so. `size`
    is that of a page when none is asked for, `most` the greatest."""
    page = PageRequest(1, size)
    if body:
        page = _asked(body, page, most)
    return _asked(request.GET, page, most) if request.GET else page


def _asked(sent: Mapping[str, Any], default: PageRequest, most: int) -> PageRequest:
    return PageRequest(
        _number(sent, "page", default.number, MAX_PAGE),
        _number(sent, "page_size", default.size, most),
    )


def _number(sent: Mapping[str, Any], name: str, default: int, most: int) -> int:
    raw = sent.get(name)
    if raw is None:
        return default
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{1,18}", raw):
        raw = int(raw)
    if type(raw) is not int or not 1 <= raw <= most:
        raise InvalidInput(f"expected a number from 1 to {most}.", at=name)
    return raw


def page_content(
    request: HttpRequest,
    results: Sequence[Any],
    page: PageRequest,
    *,
    count: int | None,
    has_next: bool | None = None,
) -> dict[str, Any]:
    """A page as callers read it; `has_next` follows from `count` unless it is given."""
    if has_next is None:
        has_next = count is not None and page.offset + len(results) < count
    return {
        "count": count,
        "next": link(request, page=page.number + 1) if has_next else None,
        "previous": link(request, page=page.number - 1) if page.number > 1 else None,
        "results": results,
        "errors": None,
    }


def link(request: HttpRequest, **parameters: Any) -> str:
    """The absolute address of this request with other parameters; those that are None are left
    out."""
    kept = [
        (name, text)
        for name, texts in request.GET.lists()
        if name not in parameters
        for text in texts
    ]
    query = kept + [(name, value) for name, value in parameters.items() if value is not None]
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
