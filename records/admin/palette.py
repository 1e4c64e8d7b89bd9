"""What Ctrl-K finds: pages, objects and records, by what their visitor types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from records.exceptions import InvalidInput
from records.services.search import search_everywhere

from .choosing import get_visitor
from .navigation import list_objects, list_pages, object_link

PER_OBJECT, AT_MOST = 5, 40


class Hit(NamedTuple):
    """One thing that was found."""

    title: str
    description: str
    link: str
    icon: str


def find(request: HttpRequest, term: str) -> list[Hit]:
    """The pages, objects and records that the visitor may open, best first."""
    term = term.strip()
    if not term:
        return []
    return [*_objects(request, term), *_records(request, term), *_pages(request, term)]


def _objects(request: HttpRequest, term: str) -> Iterator[Hit]:
    for row in list_objects(request):
        if _has(f"{row.object_name} {row.entity_name}", term):
            shown = object_link(row)
            yield Hit(row.object_name, "Records", shown["link"], shown["icon"])


def _records(request: HttpRequest, term: str) -> Iterator[Hit]:
    visitor = get_visitor(request)
    if visitor.member is None:
        return
    try:
        found = search_everywhere(visitor.author(), term, per_object=PER_OBJECT, at_most=AT_MOST)
    except InvalidInput:  # a term that no record could have
        return
    for schema, view in found:
        link = reverse("admin:record", args=[schema.uuid, view.uuid])
        yield Hit(view.display_name or view.uuid, schema.entity_name, link, "description")


def _pages(request: HttpRequest, term: str) -> Iterator[Hit]:
    for page in list_pages(request):
        if _has(page["title"], term):
            yield Hit(page["title"], "Page", page["link"], page["icon"])


def _has(text: str, term: str) -> bool:
    """Whether a text has the term, in any case."""
    return term.casefold() in text.casefold()
