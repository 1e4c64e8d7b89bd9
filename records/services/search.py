"""Finding records: the count decides the plan (README, "How it is found").

Few matches: they are found through the filters' index rows, then sorted. Many: the sort field's index is walked in
order and a record is kept if the filters' index rows have it, until the page is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec, InvalidValue
from records.field_types.base import check_text
from records.field_types.conditions import MAX_TERM

from .access import Author, visible_condition
from .filter_sql import FilterSql
from .filters import AllOf, Leaf, Node, TextSearch, parse_query, searched_fields
from .naming import identifier_key
from .object_schema import ObjectSchema
from .ordering import Cursor, SortKey, after, newest_first, parse_ordering, read_cursor, write_cursor
from .read import RecordView, view_records
from .record_rows import RECORD_WIDTH, read_record, record_columns
from .sql import Fragment, Row, fetch, is_postgresql, moment, time_limit

PROBED = 5000
MAX_OFFSET = 10_000_000
MAX_PARTS = 100


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a search asks, as the caller sent it. `page` counts from 1; with a `cursor` there is no count."""

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


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of records, and how many there are in all where that was asked."""

    views: list[RecordView]
    count: int | None
    has_next: bool
    next_cursor: str | None


@dataclass(slots=True)
class _Search:
    """One search on its way to SQL."""

    author: Author
    schema: ObjectSchema
    node: AllOf
    keys: list[SortKey]
    cursor: Cursor | None
    offset: int
    limit: int
    visible: Fragment
    sql: FilterSql
    conditions: list[Node] = field(default_factory=list)

    @property
    def base(self) -> Fragment:
        """What every record of the result meets, on alias `r`, the filters apart."""
        sql, params = self.visible
        return (
            f"r.workspace_id = %s AND r.object_id = %s AND r.state = 'active' AND {sql}",
            [self.author.workspace.id, self.schema.id, *params],
        )


def search_records(author: Author, schema: ObjectSchema, request: SearchRequest) -> SearchPage:
    """A page of the live records that the caller may see and that meet the request.

    InvalidInput says where the request is wrong; Unavailable when it takes longer than five seconds.
    """
    search = _prepare(author, schema, request)
    with time_limit():
        matches, size = _count(search, exact=request.count and search.cursor is None)
        rows = _page(search, matches, size) if matches else []
        views = _views(search, rows[: search.limit], request.fields)
    has_next = len(rows) > search.limit
    last = rows[search.limit - 1] if has_next else None
    cursor = write_cursor(search.keys, _sort_values(search, last), last[0]) if last is not None else None
    counted = matches if request.count and search.cursor is None else None
    return SearchPage(views, counted, has_next, cursor)


def _prepare(author: Author, schema: ObjectSchema, request: SearchRequest) -> _Search:
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
    return _Search(
        author,
        schema,
        AllOf(tuple(conditions)),
        keys,
        cursor,
        offset,
        request.page_size,
        visible_condition(author, schema, "r"),
        FilterSql(author, schema),
        conditions,
    )


# ---------------------------------------------------------------- counting


_COST = {"eq": 0, "in": 1, "between": 2, "starts_with": 2, "contains": 4, "any": 5}


def _driver(search: _Search) -> Leaf | None:
    """The condition whose index rows can stand for the records: positive, one row per record, all visible."""
    if search.visible[0] != "TRUE":
        return None
    leaves = [
        node
        for node in search.conditions
        if isinstance(node, Leaf)
        and not node.test.negated
        and not node.field.multiple
        and node.field.mirror_of_id is None
        and node.test.op != "count"
    ]
    return min(leaves, key=lambda leaf: _COST.get(leaf.test.op, 3), default=None)


def _count(search: _Search, *, exact: bool) -> tuple[int, int]:
    """How many records match (at most `PROBED` unless exact), and an upper bound of the object's records."""
    source, params = _matching(search)
    counted = f"SELECT count(*) {source}" if exact else f"SELECT count(*) FROM (SELECT 1 {source} LIMIT {PROBED}) p"
    # The keys of the newest and the oldest record bound their number, at the price of two look-ups.
    newest, oldest = (
        "(SELECT s.id FROM records_record s WHERE s.workspace_id = %s AND s.object_id = %s AND s.state = 'active'"
        f" ORDER BY s.created_at {direction}, s.id {direction} LIMIT 1)"
        for direction in ("DESC", "ASC")
    )
    tenant = [search.author.workspace.id, search.schema.id]
    row = fetch(f"SELECT ({counted}), {newest}, {oldest}", [*params, *tenant, *tenant])[0]
    return row[0], 0 if row[1] is None else abs(row[1] - row[2]) + 1


def _matching(search: _Search) -> Fragment:
    """`FROM … WHERE …` with one row per matching record."""
    driver = _driver(search)
    if driver is None:
        return _records(search)
    rows, params = search.sql.rows(driver)
    rest = AllOf(tuple(node for node in search.conditions if node is not driver))
    # Under an alias of its own: the other conditions have rows of the same table.
    chosen, more = search.sql.predicate(rest, "d.id")
    return f"FROM (SELECT {search.sql.key_of(driver)} AS id {rows}) d WHERE {chosen}", [*params, *more]


def _records(search: _Search) -> Fragment:
    base, params = search.base
    chosen, more = search.sql.predicate(search.node, "r.id")
    return f"FROM records_record r WHERE {base} AND {chosen}", [*params, *more]


# ---------------------------------------------------------------- the page


def _page(search: _Search, matches: int, size: int) -> list[Row]:
    """The page's rows and one more: the record's key, its sort values, its columns."""
    wanted = search.offset + search.limit + 1
    walkable = len(search.keys) == 1 and _parts(search) is not None
    # Walking meets a match every size / matches rows; finding and sorting touches every match.
    walks = walkable and (matches >= PROBED or wanted * size < matches * matches * 2)
    return fetch(*(_walk_index(search) if walks else _sorted(search)))


def _tail(search: _Search) -> str:
    return f" LIMIT {search.limit + 1} OFFSET {search.offset}"


def _probe(search: _Search, key: str) -> Fragment:
    """The filters as tests of one record at a time, so that the planner keeps the walk's order."""
    parts = []
    for node in search.conditions:
        if isinstance(node, Leaf) and node.field.mirror_of_id is None and node.test.op != "count":
            rows, params = search.sql.rows(node)
            found = f"(SELECT 1 {rows} AND {search.sql.key_of(node)} = {key} LIMIT 1)"
            parts.append((f"{found} IS {'' if node.test.negated else 'NOT '}NULL", params))
        else:
            parts.append(search.sql.predicate(node, key))
    sql = " AND ".join(part for part, _ in parts) or "TRUE"
    return sql, [param for _, params in parts for param in params]


def _parts(search: _Search) -> list[tuple[Any, Fragment]] | None:
    """The stretches of the sort field's index, in order; None when it cannot be walked.

    A choice field is walked option by option, in the order of its options.
    """
    key = search.keys[0]
    if key.in_record:
        return [(None, (f"r.{key.column} <> ''" if key.may_be_blank else "TRUE", []))]
    if key.column in ("related_record", "member"):
        return None
    if key.column != "option":
        return [(None, (f"s.{key.column} IS NOT NULL", []))]
    options = sorted(key.field.options.values(), key=lambda o: (o.order, o.id), reverse=key.descending)
    if len(options) > MAX_PARTS:
        return None
    return [(option.id, ("s.option = %s", [option.id])) for option in options]


def _walk_index(search: _Search) -> Fragment:
    """Along the sort field's index, then through the records in which it is blank; the first stop at a full page."""
    key = search.keys[0]
    parts = [_stretch(search, key, part) for part in _parts(search) or []]
    if key.may_be_blank:
        parts.append(_blank_stretch(search, key))
    wanted = search.offset + search.limit + 1
    union = " UNION ALL ".join(
        f"SELECT {at} AS part, x.* FROM ({sql} LIMIT {wanted}) x" for at, (sql, _) in enumerate(parts)
    )
    page = f"SELECT * FROM ({union}) u" + _tail(search)
    order = f"p.part, p.sorted {key.direction}, p.key {key.direction}"
    return (
        f"SELECT r.id, p.sorted, {record_columns('r')} FROM ({page}) p"
        f" JOIN records_record r ON r.id = p.key WHERE r.workspace_id = %s ORDER BY {order}"
    ), [*(param for _, params in parts for param in params), search.author.workspace.id]


def _stretch(search: _Search, key: SortKey, part: tuple[Any, Fragment]) -> Fragment:
    workspace, schema = search.author.workspace.id, search.schema.id
    if key.in_record:
        column, record = f"r.{key.column}", "r.id"
        base, params = search.base
        source = f"records_record r WHERE {base}"
    else:
        column, record = f"s.{key.column}", "s.record_id"
        source = "records_fieldvalue s WHERE s.workspace_id = %s AND s.field_id = %s AND s.live"
        params = [workspace, key.field.id]
        if search.visible[0] != "TRUE":
            sql, visible = search.visible
            source += (
                " AND s.record_id IN (SELECT r.id FROM records_record r"
                f" WHERE r.workspace_id = %s AND r.object_id = %s AND {sql})"
            )
            params += [workspace, schema, *visible]
    condition, more = part[1]
    beyond = _beyond(search, key, column, record, part[0])
    chosen, probed = _probe(search, record)
    return (
        f"SELECT {record} AS key, {column} AS sorted FROM {source} AND {condition} AND {beyond[0]}"
        f" AND {chosen} ORDER BY {column} {key.direction}, {record} {key.direction}"
    ), [*params, *more, *beyond[1], *probed]


def _beyond(search: _Search, key: SortKey, column: str, record: str, option: int | None) -> Fragment:
    """What a stretch still holds after the cursor."""
    cursor = search.cursor
    if cursor is None:
        return "TRUE", []
    value = cursor.values[0]
    if value is None:
        return "FALSE", []
    if option is None:
        return f"({column}, {record}) {key.beyond} (%s, %s)", [value, cursor.record_id]
    order = [part[0] for part in _parts(search) or []]
    if value not in order or order.index(option) < order.index(value):
        return "FALSE", []
    return (f"{record} {key.beyond} %s", [cursor.record_id]) if option == value else ("TRUE", [])


def _blank_stretch(search: _Search, key: SortKey) -> Fragment:
    base, params = search.base
    chosen, probed = _probe(search, "r.id")
    beyond: Fragment = ("TRUE", [])
    if search.cursor is not None and search.cursor.values[0] is None:
        beyond = (f"r.id {key.beyond} %s", [search.cursor.record_id])
    c_text = 'CAST(NULL AS text) COLLATE "C"' if is_postgresql() else "NULL"
    empty = {"text": c_text, "display_key": c_text, "number": "CAST(NULL AS numeric)", "option": "CAST(NULL AS bigint)"}
    nothing = empty.get(key.column, "CAST(NULL AS timestamptz)" if is_postgresql() else "NULL")
    blank: Fragment = (
        (
            "NOT EXISTS (SELECT 1 FROM records_fieldvalue b"
            " WHERE b.workspace_id = %s AND b.record_id = r.id AND b.field_id = %s)"
        ),
        [search.author.workspace.id, key.field.id],
    )
    if key.in_record:
        blank = (f"r.{key.column} = ''", [])
    return (
        f"SELECT r.id AS key, {nothing} AS sorted FROM records_record r"
        f" WHERE {base} AND {beyond[0]} AND {chosen} AND {blank[0]} ORDER BY r.id {key.direction}"
    ), [*params, *beyond[1], *probed, *blank[1]]


def _sorted(search: _Search) -> Fragment:
    """Every match, with its sort values, sorted."""
    joins, columns, join_params = [], [], []
    for at, key in enumerate(search.keys):
        join, column, params = _sort_source(search, key, f"s{at}")
        joins.append(join)
        columns.append(column)
        join_params += params
    base, params = search.base
    keys, key_params = _keys(search)
    ordered = [_ordered(key, column) for key, column in zip(search.keys, columns, strict=True)]
    cursor: Fragment = ("TRUE", [])
    if search.cursor is not None:
        values = tuple(map(_place, search.keys, search.cursor.values))
        cursor = after(search.keys, ordered, Cursor(values, search.cursor.record_id), "r.id")
    order = [f"{c} {k.direction} NULLS LAST" for c, k in zip(ordered, search.keys, strict=True)]
    order.append(f"r.id {search.keys[0].direction}")
    shown = "".join(f"{column}, " for column in columns)
    return (
        f"SELECT r.id, {shown}{record_columns('r')} FROM records_record r{''.join(joins)}"
        f" WHERE {base} AND {keys} AND {cursor[0]} ORDER BY {', '.join(order)}" + _tail(search)
    ), [*join_params, *params, *key_params, *cursor[1]]


def _sort_source(search: _Search, key: SortKey, alias: str) -> tuple[str, str, list[Any]]:
    """The join that brings a sort key's value to each record `r`, the column it stands in, the join's parameters.

    Related records are sorted by their names; one that is archived or that the caller may not see is a blank.
    """
    if key.in_record:
        return "", f"NULLIF(r.{key.column}, '')" if key.may_be_blank else f"r.{key.column}", []
    workspace = search.author.workspace.id
    join = (
        f" LEFT JOIN records_fieldvalue {alias} ON {alias}.workspace_id = %s AND {alias}.record_id = r.id"
        f" AND {alias}.field_id = %s AND {alias}.position = 0"
    )
    if key.column != "related_record":
        return join, f"{alias}.{key.column}", [workspace, key.field.id]
    directory, related_id = search.author.directory, key.field.related_object_id or 0
    visible: Fragment = ("FALSE", [])
    if related_id in directory.objects:
        visible = visible_condition(search.author, directory.schema(related_id), f"{alias}r")
    join += (
        f" LEFT JOIN records_record {alias}r ON {alias}r.workspace_id = %s AND {alias}r.id = {alias}.related_record"
        f" AND {alias}r.state = 'active' AND {visible[0]}"
    )
    return join, f"NULLIF({alias}r.display_key, '')", [workspace, key.field.id, workspace, *visible[1]]


def _option_places(key: SortKey) -> dict[int, int]:
    options = sorted(key.field.options.values(), key=lambda o: (o.order, o.id))
    return {option.id: place for place, option in enumerate(options)}


def _ordered(key: SortKey, column: str) -> str:
    """What a sort column is ordered by: choices by the order of their options."""
    places = _option_places(key) if key.column == "option" else {}
    cases = " ".join(f"WHEN {option} THEN {place}" for option, place in places.items())
    return f"CASE {column} {cases} END" if cases else column


def _place(key: SortKey, value: Any) -> Any:
    """A cursor's value in the form the records are ordered by."""
    return _option_places(key).get(value) if key.column == "option" else value


def _keys(search: _Search) -> Fragment:
    if not search.conditions:
        return "TRUE", []
    driver = _driver(search)
    if driver is None:
        return search.sql.predicate(search.node, "r.id")
    source, params = _matching(search)
    return f"r.id IN (SELECT d.id {source})", params


# ---------------------------------------------------------------- rows


def _views(search: _Search, rows: Sequence[Row], fields: Sequence[FieldSpec]) -> list[RecordView]:
    records = [read_record(row[-RECORD_WIDTH:]) for row in rows]
    return view_records(search.author, search.schema, records, fields)


def _sort_values(search: _Search, row: Row | None) -> list[Any]:
    if row is None:
        return []
    values = list(row[1 : 1 + len(search.keys)])
    return [
        moment(value) if key.column in ("moment", "created_at", "updated_at") else value
        for key, value in zip(search.keys, values, strict=True)
    ]
