"""The ids of all records that a search finds, for work on every one of them."""

from __future__ import annotations

from dataclasses import replace

from records.exceptions import InvalidInput

from .access import Author
from .object_schema import ObjectSchema
from .search import SearchRequest, search_records

PAGE = 1000


def find_uuids(author: Author, schema: ObjectSchema, request: SearchRequest, most: int) -> list[str]:
    """The UUIDs of what the caller's search finds on all its pages; InvalidInput when there are more than `most`."""
    found: list[str] = []
    asked = replace(request, fields=(), page=1, page_size=PAGE, count=True)
    while True:
        page = search_records(author, schema, asked)
        if page.count is not None and page.count > most:
            raise InvalidInput(f"There are {page.count:,} records; at most {most:,} can be chosen.", "limit_exceeded")
        found += (view.uuid for view in page.views)
        if page.next_cursor is None:
            return found[:most]
        asked = replace(asked, cursor=page.next_cursor, count=False)
