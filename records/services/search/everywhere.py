"""Finding records of any object by what somebody remembers of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from records.exceptions import Unavailable
from records.services.access import Author, list_kept_schemas
from records.services.catalogue import ObjectSchema
from records.services.reading import RecordView

from .filters import sought_term
from .pages import SearchRequest, search_records

SHORTEST = 2  # characters


class Found(NamedTuple):
    """A record that was found, and what it is one of."""

    schema: ObjectSchema
    view: RecordView


def search_everywhere(author: Author, term: str, *, per_object: int, at_most: int) -> list[Found]:
    """Live records of all objects kept here whose names begin with the term, and then those of
    which some text has it; by object, in the order of names. InvalidInput where the term is too
    long.

    At most `per_object` of each object. Terms of one character find nothing. An object whose search
    takes too long is passed over.
    """
    if len(sought_term(term, "search")) < SHORTEST:
        return []
    found: list[Found] = []
    for schema in list_kept_schemas(author):
        found += (Found(schema, view) for view in _search(author, schema, term, per_object))
        if len(found) >= at_most:
            break
    return found[:at_most]


def _search(author: Author, schema: ObjectSchema, term: str, limit: int) -> list[RecordView]:
    views: dict[str, RecordView] = {}
    try:
        for request in _requests(term, limit):
            views |= {view.uuid: view for view in search_records(author, schema, request).views}
            if len(views) >= limit:
                break
    except Unavailable:
        pass  # what was found by name is shown
    return list(views.values())[:limit]


def _requests(term: str, limit: int) -> Iterator[SearchRequest]:
    named = {"field": "display_name", "condition": "starts_with", "value": term}
    yield SearchRequest(
        (),
        query=[{"filters": [named]}],
        ordering=("display_name",),
        page_size=limit,
        count=False,
    )
    yield SearchRequest((), search=term, page_size=limit, count=False)
