"""Finding records: the count decides the plan (docs/architecture.md, "How they are found").

Few matches: they are found through the filters' index rows, then sorted. Many: the sort field's
index is walked in order, and records that the filters' index rows have are kept, until the page is
full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from records.exceptions import InvalidInput, NotFound
from records.field_types import FieldSpec
from records.models import RecordState
from records.services.access import Author, visible_condition
from records.services.catalogue import ObjectSchema
from records.services.database import (
    Fragment,
    Row,
    fetch,
    moment,
    time_limit,
)
from records.services.reading import RecordView, get_record_by_external_id, view_records
from records.services.storage import RECORD_WIDTH, read_record

from .counts import PROBED, Counted, count
from .filter_sql import FilterSql
from .filters import (
    AllOf,
    Node,
    TextSearch,
    parse_query,
    searched_fields,
    sought_term,
)
from .matches import Search, by_record, ways
from .ordering import (
    newest_first,
    parse_ordering,
    read_cursor,
    write_cursor,
)
from .sort_plan import sort_matches
from .walk_plan import stretches, walk_index

MAX_OFFSET = 10_000_000


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as the caller sent it. `page` counts from 1; with a `cursor` there is no count.

    `query` is in the grammar of the Records API, or parsed already; `conditions` hold beside it.
    `archived`: search archived records, not live ones. `member_id`, `external_id`, `record_id` and
    `assignment_task_id` are those of the records themselves; `has_task`: only records with such a
    task, or without.
    `cancelled`: only cancelled ones, or only others; None for both. `plain`: values as
    names and primary keys.
    """

    fields: tuple[FieldSpec, ...]
    query: Any = None
    match_all: bool = True
    conditions: tuple[Node, ...] = ()
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
    record_id: int | None = None
    assignment_task_id: int | None = None
    has_task: bool | None = None
    cancelled: bool | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of records, and their total if requested."""

    views: list[RecordView]
    count: int | None
    has_next: bool
    next_cursor: str | None


def search_records(author: Author, schema: ObjectSchema, request: SearchRequest) -> SearchPage:
    """A page of the live (or archived) records that the caller may see and that match the request.

    InvalidInput names the place of an error; Unavailable when the search exceeds STATEMENT_SECONDS.
    """
    search = prepare_search(author, schema, request)
    with time_limit():
        exact = request.count and search.cursor is None
        # An exact count is shown once; pages after a cursor only need to know which plan to take.
        counted = count(search, exact=exact)
        rows = _page(search, counted) if counted.matches else []
        views = _views(search, rows[: search.limit], request)
    if not views and request.external_id is not None and not request.archived:
        # A record that was merged is found as what it has become.
        became = _became(author, schema, request.external_id)
        if became is not None:
            return search_records(
                author, schema, replace(request, external_id=None, record_id=became)
            )
    has_next = len(rows) > search.limit
    cursor = _cursor_after(search, rows[search.limit - 1]) if has_next else None
    return SearchPage(views, counted.matches if exact else None, has_next, cursor)


def _became(author: Author, schema: ObjectSchema, external_id: str) -> int | None:
    """The record that the one with an external id has become; None where that was not merged."""
    try:
        view = get_record_by_external_id(author, schema, external_id, ())
    except NotFound:
        return None
    return None if view.row.external_id == external_id else view.row.id


def prepare_search(author: Author, schema: ObjectSchema, request: SearchRequest) -> Search:
    node = parse_query(author, schema, request.query, request.match_all)
    # The parts of a top-level AND are conditions of their own, so each can be searched by.
    conditions = [part for each in (node, *request.conditions) for part in _parts(each)]
    within = searched_fields(author, schema, request.within_ids, request.within_names)
    if term := sought_term(request.search, "search"):
        conditions.append(TextSearch(within, term))
    # A search always has an order: pages without one could repeat or skip records.
    keys = parse_ordering(author, schema, request.ordering) or [newest_first(schema)]
    cursor = read_cursor(keys, request.cursor) if request.cursor else None
    # A cursor says where to go on by itself; an offset on top would skip records.
    offset = 0 if cursor else (request.page - 1) * request.page_size
    # The database reads all skipped rows; a cursor does not.
    if offset > MAX_OFFSET:
        message = f"reaches beyond record {MAX_OFFSET:,}; use a cursor."
        raise InvalidInput(message, "limit_exceeded", at="page")
    state = RecordState.ARCHIVED if request.archived else RecordState.ACTIVE
    return Search(
        author=author,
        schema=schema,
        keys=keys,
        cursor=cursor,
        offset=offset,
        limit=request.page_size,
        visible=_narrowed(
            visible_condition(author, schema, "r", live=not request.archived), request
        ),
        sql=FilterSql(author, schema, state),
        conditions=conditions,
        state=state.value,
    )


def _parts(node: Node) -> Iterator[Node]:
    """The parts of the outermost ANDs: conditions of their own, so each can be searched by."""
    if not isinstance(node, AllOf):
        yield node
        return
    for child in node.children:
        yield from _parts(child)


def _narrowed(visible: Fragment, request: SearchRequest) -> Fragment:
    """The visible records, limited to what the request asks of their own columns."""
    sql, params = visible
    if request.member_id is not None:
        sql, params = f"{sql} AND r.member_id = %s", [*params, request.member_id]
    if request.external_id is not None:
        sql, params = (
            # Callers of this filter name no source: ids from named systems are other ids.
            f"{sql} AND r.external_source = '' AND r.external_id = %s",
            [*params, request.external_id],
        )
    if request.record_id is not None:
        sql, params = f"{sql} AND r.id = %s", [*params, request.record_id]
    if request.assignment_task_id is not None:
        sql = f"{sql} AND r.assignment_task_id = %s"
        params = [*params, request.assignment_task_id]
    for column, filled in (
        ("assignment_task_id", request.has_task),
        ("cancelled_at", request.cancelled),
    ):
        if filled is not None:
            sql = f"{sql} AND r.{column} IS {'NOT NULL' if filled else 'NULL'}"
    return sql, params


# ---------------------------------------------------------------- the page


def _page(search: Search, counted: Counted) -> list[Row]:
    """The page's rows and one more, by the best plan for this count: record key, sort values,
    record columns."""
    wanted = search.offset + search.limit + 1
    # The walked indexes hold live records only.
    walkable = (
        search.state == RecordState.ACTIVE
        and len(search.keys) == 1
        # A choice field with very many options has no walk: each option is a part of the statement.
        and stretches(search) is not None
    )
    # Walking finds a match every size / matches rows; finding and sorting touches every match.
    matches, size = counted.matches, counted.size
    walks = walkable and (matches >= PROBED or wanted * size < matches * matches * 2)
    if walks:
        return walk_index(search)
    # An index way fetches each record by its key: for many records this costs more than reading all
    # in order.
    way = ways(search)[counted.way] if matches < PROBED else by_record(search, sets=True)
    return fetch(*sort_matches(search, way))


# ---------------------------------------------------------------- rows


def _views(search: Search, rows: Sequence[Row], asked: SearchRequest) -> list[RecordView]:
    # The record's columns stand at the end of every row, whatever sort values precede them.
    records = [read_record(row[-RECORD_WIDTH:]) for row in rows]
    return view_records(
        search.author,
        search.schema,
        records,
        asked.fields,
        whole=asked.whole_lists,
        plain=asked.plain,
    )


def _cursor_after(search: Search, row: Row) -> str:
    """A cursor that stands at this row of a page."""
    record_id, *columns = row
    values = [
        # Engines return moments in different spellings; a cursor has one.
        moment(value) if key.column in ("moment", "created_at", "updated_at") else value
        for key, value in zip(search.keys, columns, strict=False)  # the record's columns follow
    ]
    return write_cursor(search.keys, values, record_id)
