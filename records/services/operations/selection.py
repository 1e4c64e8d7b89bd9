"""The ids of all records that a search finds, for work on every one of them."""

from __future__ import annotations

from dataclasses import replace

from records.exceptions import InvalidInput
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.search import SearchRequest

from .home import home_of

PAGE = 1000


def find_uuids(
    author: Author, schema: ObjectSchema, request: SearchRequest, most: int
) -> list[str]:
    """The UUIDs of what the caller's search finds on all its pages; InvalidInput when there are
    more than `most`."""
    found: list[str] = []
    asked = replace(request, fields=(), page=1, page_size=PAGE, count=True)
    while True:
        page = home_of(schema).search_records(author, schema, asked)
        # Some external sources cannot count; `most` then only cuts the list.
        if page.count is not None and page.count > most:
            raise InvalidInput(
                f"There are {page.count:,} records; at most {most:,} can be selected.",
                "limit_exceeded",
            )
        found += (view.uuid for view in page.views)
        if page.next_cursor is None:
            # Records created while paging can exceed the count of the first page.
            return found[:most]
        # The first page was counted, and counting costs more than the page.
        asked = replace(asked, cursor=page.next_cursor, count=False)
