"""Finding records: the count decides the plan (README, "How it is found").

Few matches: they are found through the filters' index rows, then sorted. Many: the sort field's index is walked in
order and a record is kept if the filters' index rows have it, until the page is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec, InvalidValue
from records.field_types.base import check_text
from records.field_types.conditions import MAX_TERM
from records.models import RecordState

from .access import Author, visible_condition
from .external.forwarding import forwarded
from .filter_sql import FilterSql
from .filters import AllOf, Node, TextSearch, parse_query, searched_fields
from .naming import identifier_key
from .object_schema import ObjectSchema
from .ordering import newest_first, parse_ordering, read_cursor, write_cursor
from .read import RecordView, view_records
from .record_rows import RECORD_WIDTH, read_record
from .search_counts import PROBED, Counted, count
from .search_matches import Search, by_record, ways
from .search_sort import sort_matches
from .search_walk import stretches, walk_index
from .sql import Fragment, Row, fetch, moment, time_limit

MAX_OFFSET = 10_000_000


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a search asks, as the caller sent it. `page` counts from 1; with a `cursor` there is no count.

    `query` is in the grammar of the Records API, or parsed already. `archived`: among archived records, not live ones.
    `member_id` and `external_id` are those of the records themselves. `plain`: values as names and primary keys.
    """

    fields: tuple[FieldSpec, ...]
    query: Any = None
    match_all: bool = True
    ordering: tuple[str, ...] = ()
    search: str = ""
    within_ids: Sequence[Any] | None = None
    within_names: Sequence[Any] | None = None
    page: int = 1
    page_size: int = 100
    cursor: str | None = None
    count: bool = True
    whole_lists: bool = False
    archived: bool = False
    member_id: int | None = None
    external_id: str | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of records, and how many there are in all where that was asked."""

    views: list[RecordView]
    count: int | None
    has_next: bool
    next_cursor: str | None


@forwarded
def search_records(author: Author, schema: ObjectSchema, request: SearchRequest) -> SearchPage:
    """A page of the live (or of the archived) records that the caller may see and that meet the request.

    InvalidInput says where the request is wrong; Unavailable when it takes longer than five seconds.
    """
    search = _prepare(author, schema, request)
    with time_limit():
        exact = request.count and search.cursor is None
        counted = count(search, exact=exact)
        rows = _page(search, counted) if counted.matches else []
        views = _views(search, rows[: search.limit], request)
    has_next = len(rows) > search.limit
    last = rows[search.limit - 1] if has_next else None
    cursor = write_cursor(search.keys, _sort_values(search, last), last[0]) if last is not None else None
    return SearchPage(views, counted.matches if exact else None, has_next, cursor)


def _prepare(author: Author, schema: ObjectSchema, request: SearchRequest) -> Search:
    node = parse_query(author, schema, request.query, request.match_all)
    conditions: list[Node] = list(node.children) if isinstance(node, AllOf) else [node]
    within = searched_fields(author, schema, request.within_ids, request.within_names)
    try:
        term = identifier_key(check_text(request.search, MAX_TERM))
    except InvalidValue as problem:
        raise InvalidInput(f"search: {problem.message}", problem.code) from None
    if term:
        conditions.append(TextSearch(within, term))
    keys = parse_ordering(author, schema, request.ordering) or [newest_first(schema)]
    cursor = read_cursor(keys, request.cursor) if request.cursor else None
    offset = 0 if cursor else (request.page - 1) * request.page_size
    if offset > MAX_OFFSET:
        raise InvalidInput("page: too far; use a cursor.", "limit_exceeded")
    state = RecordState.ARCHIVED if request.archived else RecordState.ACTIVE
    return Search(
        author,
        schema,
        AllOf(tuple(conditions)),
        keys,
        cursor,
        offset,
        request.page_size,
        _narrowed(visible_condition(author, schema, "r", live=not request.archived), request),
        FilterSql(author, schema, state),
        conditions,
        state.value,
    )


def _narrowed(visible: Fragment, request: SearchRequest) -> Fragment:
    """What of the visible records the request asks for by what is no field of them."""
    sql, params = visible
    if request.member_id is not None:
        sql, params = f"{sql} AND r.member_id = %s", [*params, request.member_id]
    if request.external_id is not None:
        sql, params = f"{sql} AND r.external_source = '' AND r.external_id = %s", [*params, request.external_id]
    return sql, params


# ---------------------------------------------------------------- the page


def _page(search: Search, counted: Counted) -> list[Row]:
    """The page's rows and one more, by the best plan for this many: the record's key, its sort values, its columns."""
    wanted = search.offset + search.limit + 1
    # The indexes that are walked hold live records.
    walkable = search.state == RecordState.ACTIVE and len(search.keys) == 1 and stretches(search) is not None
    # Walking meets a match every size / matches rows; finding and sorting touches every match.
    matches, size = counted.matches, counted.size
    walks = walkable and (matches >= PROBED or wanted * size < matches * matches * 2)
    if walks:
        return walk_index(search)
    # Each record of an index way is fetched by its key; many of them cost more than reading them all in order.
    way = ways(search)[counted.way] if matches < PROBED else by_record(search, sets=True)
    return fetch(*sort_matches(search, way))


# ---------------------------------------------------------------- rows


def _views(search: Search, rows: Sequence[Row], asked: SearchRequest) -> list[RecordView]:
    records = [read_record(row[-RECORD_WIDTH:]) for row in rows]
    return view_records(search.author, search.schema, records, asked.fields, whole=asked.whole_lists, plain=asked.plain)


def _sort_values(search: Search, row: Row | None) -> list[Any]:
    if row is None:
        return []
    values = list(row[1 : 1 + len(search.keys)])
    return [
        moment(value) if key.column in ("moment", "created_at", "updated_at") else value
        for key, value in zip(search.keys, values, strict=True)
    ]
