"""Searching records in an external source, as far as its `list` operation supports it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from records.exceptions import ExternalConfig, ExternalError, InvalidInput, NotAllowed, NotFound
from records.models import Extent, ExternalOperation
from records.services.access import Author, grant_of
from records.services.catalogue import ObjectSchema, not_offered
from records.services.reading import view_records
from records.services.search import (
    AggregateRequest,
    AllOf,
    AnyOf,
    GroupPage,
    Leaf,
    Node,
    NoneOf,
    SearchPage,
    SearchRequest,
    TextSearch,
    is_own,
    parse_query,
)

from .calls import Asked, Reply, call_source
from .error_reports import check_record, reports_error
from .json_mapping import (
    check_external_id,
    follow,
    id_in,
    placeholders,
    row_of,
)

PAGING = {"limit", "offset", "page"}
FIELD = "field."
CURSOR = re.compile(r"page:([1-9][0-9]{0,6}):([0-9a-f]{16})")


def search_records(author: Author, schema: ObjectSchema, request: SearchRequest) -> SearchPage:
    """A page of what the upstream lists. Filters and texts go there; nothing is filtered or sorted
    here.

    ExternalConfig says what `list` cannot be asked. A list that knows no pages is paged through
    here.
    """
    # No record is the caller's own here: an empty page, and no call that costs time.
    if grant_of(author, schema).view != Extent.ALL:
        return SearchPage([], 0 if request.count else None, False, None)
    source = schema.external
    assert source is not None
    if request.external_id is not None:
        return _one(author, schema, request)
    operation = source.operations.get(ExternalOperation.LIST)
    if operation is None:
        raise not_offered(schema, "searching and listing (the operation 'list')")
    known = placeholders(operation.path)
    _check_plain(schema, request)
    values = _asked(author, schema, request)
    _check_known(author, schema, values, known)
    paged = bool(known & PAGING)
    page = _page_number(request)
    if paged:
        values |= _paging(schema, page, request.page_size, known)
    # The call's row names the conditions without their values.
    names = tuple(name.removeprefix(FIELD) for name in values if name.startswith(FIELD))
    names += ("search",) if "search" in values else ()
    asked = Asked(ExternalOperation.LIST, values=values, field_names=names)
    reply = call_source(author, schema, asked)
    return _page(author, schema, replace(request, page=page), reply, paged=paged)


def aggregate_records(author: Author, schema: ObjectSchema, request: AggregateRequest) -> GroupPage:
    """Nobody can ask an upstream for figures of all its records."""
    raise not_offered(schema, "aggregating records")


def _one(author: Author, schema: ObjectSchema, request: SearchRequest) -> SearchPage:
    """The record with an id of the upstream's, where nothing else is asked for."""
    _check_plain(schema, request)
    if _asked(author, schema, request) or request.page > 1 or request.cursor:
        raise not_offered(schema, "an external id together with other conditions")
    asked = Asked(ExternalOperation.GET, check_external_id(request.external_id or ""))
    try:
        reply = call_source(author, schema, asked)
    except NotFound:
        return SearchPage([], 0 if request.count else None, False, None)
    check_record(schema, asked.external_id, reply.content, reply.item, reply.status)
    rows = [row_of(author, schema, asked.external_id, reply.item)]
    views = view_records(author, schema, rows, request.fields, plain=request.plain)
    return SearchPage(views, 1 if request.count else None, False, None)


def _check_plain(schema: ObjectSchema, request: SearchRequest) -> None:
    refused = {
        "ordering": request.ordering,
        "searching within selected fields": request.within_ids or request.within_names,
        "filtering by member": request.member_id is not None,
        "filtering by task": (request.assignment_task_id, request.has_task) != (None, None),
        "filtering by cancelled": request.cancelled is not None,
        "archived records": request.archived,
    }
    for what, asked in refused.items():
        if asked:
            raise not_offered(schema, what)


def _asked(author: Author, schema: ObjectSchema, request: SearchRequest) -> dict[str, str]:
    """What the search asks for, by placeholder."""
    values: dict[str, str] = {}
    if request.search.strip():
        values["search"] = request.search
    query = parse_query(author, schema, request.query, request.match_all)
    for node in _tests(schema, AllOf((query, *request.conditions))):
        if isinstance(node, Leaf) and is_own(node):
            raise not_offered(schema, f"a condition on {node.field.name}")
        key = "search" if isinstance(node, TextSearch) else f"{FIELD}{node.field.name}"
        if key in values:
            raise not_offered(schema, f"two conditions on {key.removeprefix(FIELD)}")
        values[key] = node.term if isinstance(node, TextSearch) else _equalled(schema, node)
    return values


def _tests(schema: ObjectSchema, node: Node) -> list[Leaf | TextSearch]:
    match node:
        case AllOf(children):
            return [test for child in children for test in _tests(schema, child)]
        # An empty query is parsed to an empty `or` when match_all is off; it restricts nothing.
        case AnyOf(children) if children:
            raise not_offered(schema, "alternatives (or)")
        case AnyOf():
            return []
        case NoneOf():
            raise not_offered(schema, "conditions that must not hold")
        case _:
            return [node]


def _equalled(schema: ObjectSchema, leaf: Leaf) -> str:
    """The value that a field must equal, as the upstream writes it."""
    spec, test = leaf.field, leaf.test
    if test.op != "eq" or test.negated:
        raise not_offered(schema, f"conditions on {spec.name} other than equality")
    # Options are compared by primary key here, which no upstream knows.
    if spec.type.has_options and test.value in spec.options:
        return spec.options[test.value].name
    match leaf.sent:
        # Before int: a bool is one, and would be sent as True.
        case bool():
            return "true" if leaf.sent else "false"
        case int() | float() | str():
            return str(leaf.sent)
    raise not_offered(schema, f"this condition on {spec.name}")


def _check_known(
    author: Author, schema: ObjectSchema, values: Mapping[str, str], known: set[str]
) -> None:
    for name in values:
        if name not in known:
            what = (
                "free-text search"
                if name == "search"
                else f"a condition on {name.removeprefix(FIELD)}"
            )
            raise not_offered(schema, what)
    # The upstream searches every mapped field.
    hidden = (
        schema.external is not None and schema.external.mapping.keys() & author.role.hidden_fields
    )
    if "search" in values and hidden:
        # The upstream would look into fields that the caller must not know.
        raise NotAllowed(
            "You may not see every field of these records, so you cannot search their text."
        )


def _page_number(request: SearchRequest) -> int:
    """The page asked for; a cursor of ours is the number of one."""
    if not request.cursor:
        return request.page
    # Cursors travel through callers and can come back altered.
    found = CURSOR.fullmatch(request.cursor)
    if found is None:
        raise InvalidInput(
            "not a cursor of this search. Repeat the search unchanged, or omit the cursor.",
            at="cursor",
        )
    return int(found[1])


def _paging(schema: ObjectSchema, page: int, size: int, known: set[str]) -> dict[str, str]:
    # With `limit` alone the upstream would return its first page again.
    if page > 1 and not known & {"offset", "page"}:
        raise not_offered(schema, "pages after the first")
    values = {"limit": size, "offset": (page - 1) * size, "page": page}
    return {name: str(value) for name, value in values.items()}


def _page(
    author: Author, schema: ObjectSchema, request: SearchRequest, reply: Reply, *, paged: bool
) -> SearchPage:
    items = reply.item
    if not isinstance(items, list):
        raise ExternalError(
            f"The upstream of {schema.name!r} returned no list.", status=reply.status
        )
    # Neither nothing found, nor a blank record.
    if any(reports_error(schema, reply.content, item) for item in items or [None]):
        raise ExternalError(
            f"The upstream of {schema.name!r} returned an error.", status=reply.status
        )
    offset = (request.page - 1) * request.page_size
    # An unpaged list is complete, so its length is the count.
    total = _total(schema, reply) if paged else len(items)
    shown = items[: request.page_size] if paged else items[offset : offset + request.page_size]
    rows = [row_of(author, schema, _id(schema, item), item) for item in shown]
    full = len(items) >= request.page_size
    # Without a total, a full page is the only sign that there may be more.
    has_next = full if total is None else offset + len(shown) < total
    views = view_records(author, schema, rows, request.fields, plain=request.plain)
    # Callers read the count with the first page, as from local searches.
    counted = total if request.count and not request.cursor else None
    cursor = _next_cursor(schema, request, rows[0].uuid) if has_next and rows else None
    return SearchPage(views, counted, cursor is not None, cursor)


def _next_cursor(schema: ObjectSchema, request: SearchRequest, first_uuid: str) -> str:
    """The cursor of the page after this one, whose first record it names."""
    mark = _mark(first_uuid)
    if request.cursor and request.cursor.endswith(mark):
        # An upstream that ignores the page would be paged through forever.
        raise ExternalError(f"The upstream of {schema.name!r} returned the same page again.")
    return f"page:{request.page + 1}:{mark}"


def _mark(uuid: str) -> str:
    """A mark of a page, by which the next one recognises it."""
    return sha256(uuid.encode()).hexdigest()[:16]


def _id(schema: ObjectSchema, item: Any) -> str:
    found = id_in(schema, item)
    if found is None:
        raise ExternalError(f"The upstream of {schema.name!r} listed a record without an id.")
    return found


def _total(schema: ObjectSchema, reply: Reply) -> int | None:
    """How many records there are, where the upstream says so."""
    source = schema.external
    if source is None or not source.total_path:
        return None
    total = follow(reply.content, source.total_path)
    # `type`, not isinstance: JSON's true would pass for 1.
    if type(total) is not int or total < 0:
        raise ExternalConfig(
            f"The responses of {source.name!r} have no number at {'.'.join(source.total_path)!r}."
        )
    return total
