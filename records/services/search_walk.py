"""The plan for many matches: walk the sort field's index in order, and keep the records that match."""

from __future__ import annotations

from typing import Any

from .filter_sql import RECORD, found
from .ordering import SortKey
from .record_rows import record_columns
from .search_matches import Search
from .sql import Fragment, Row, by_key, fetch, is_postgresql

MAX_PARTS = 100


def stretches(search: Search) -> list[tuple[Any, Fragment]] | None:
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


def walk_index(search: Search) -> list[Row]:
    """The rows of a page, found along the sort field's index, then among the records in which it is blank.

    The latter are left alone while the page fills without them: PostgreSQL takes them for so dear that it would plan
    the statement anew each time it runs.
    """
    has_blanks, cursor = search.keys[0].may_be_blank, search.cursor
    nothing_else = not stretches(search) or (cursor is not None and cursor.values[0] is None)
    if not (has_blanks and nothing_else):
        filled = fetch(*_walk(search, blanks=False))
        if len(filled) > search.limit or not has_blanks:
            return filled
    return fetch(*_walk(search, blanks=True))


def _walk(search: Search, *, blanks: bool) -> Fragment:
    key = search.keys[0]
    parts = [_stretch(search, key, part) for part in stretches(search) or []]
    if blanks:
        parts.append(_blank_stretch(search, key))
    wanted = search.offset + search.limit + 1
    union = " UNION ALL ".join(
        f"SELECT {at} AS part, x.* FROM ({sql} LIMIT {wanted}) x" for at, (sql, _) in enumerate(parts)
    )
    page = f"SELECT * FROM ({union}) u" + search.tail
    order = f"p.part, p.sorted {key.direction}, p.key {key.direction}"
    record = by_key("records_record", "r", "r.workspace_id = %s AND r.id = p.key")
    return (f"SELECT r.id, p.sorted, {record_columns('r')} FROM ({page}) p{record} ORDER BY {order}"), [
        *(param for _, params in parts for param in params),
        search.author.workspace.id,
    ]


def _stretch(search: Search, key: SortKey, part: tuple[Any, Fragment]) -> Fragment:
    workspace, schema = search.author.workspace.id, search.schema.id
    if key.in_record:
        column, record = f"r.{key.column}", RECORD
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
    chosen, probed = search.sql.all_of(search.conditions, record, sets=False)
    return (
        f"SELECT {record} AS key, {column} AS sorted FROM {source} AND {condition} AND {beyond[0]}"
        f" AND {chosen} ORDER BY {column} {key.direction}, {record} {key.direction}"
    ), [*params, *more, *beyond[1], *probed]


def _beyond(search: Search, key: SortKey, column: str, record: str, option: int | None) -> Fragment:
    """What a stretch still holds after the cursor."""
    cursor = search.cursor
    if cursor is None:
        return "TRUE", []
    value = cursor.values[0]
    if value is None:
        return "FALSE", []
    if option is None:
        return f"({column}, {record}) {key.beyond} (%s, %s)", [value, cursor.record_id]
    order = [part[0] for part in stretches(search) or []]
    if value not in order or order.index(option) < order.index(value):
        return "FALSE", []
    return (f"{record} {key.beyond} %s", [cursor.record_id]) if option == value else ("TRUE", [])


def _blank_stretch(search: Search, key: SortKey) -> Fragment:
    base, params = search.base
    chosen, probed = search.sql.all_of(search.conditions, RECORD, sets=False)
    beyond: Fragment = ("TRUE", [])
    if search.cursor is not None and search.cursor.values[0] is None:
        beyond = (f"r.id {key.beyond} %s", [search.cursor.record_id])
    c_text = 'CAST(NULL AS text) COLLATE "C"' if is_postgresql() else "NULL"
    empty = {"text": c_text, "display_key": c_text, "number": "CAST(NULL AS numeric)", "option": "CAST(NULL AS bigint)"}
    nothing = empty.get(key.column, "CAST(NULL AS timestamptz)" if is_postgresql() else "NULL")
    blank: Fragment = (
        found(
            "FROM records_fieldvalue b WHERE b.workspace_id = %s AND b.record_id = r.id AND b.field_id = %s",
            negated=True,
        ),
        [search.author.workspace.id, key.field.id],
    )
    if key.in_record:
        blank = (f"r.{key.column} = ''", [])
    return (
        f"SELECT r.id AS key, {nothing} AS sorted FROM records_record r"
        f" WHERE {base} AND {beyond[0]} AND {chosen} AND {blank[0]} ORDER BY r.id {key.direction}"
    ), [*params, *beyond[1], *probed, *blank[1]]
