"""The plan for many matches: walk the sort field's index in order, and keep the records that
match."""

from __future__ import annotations

from typing import NamedTuple

from records.services.database import (
    Fragment,
    Row,
    by_key,
    fetch,
    is_postgresql,
)
from records.services.storage import record_columns

from .filter_sql import RECORD, found
from .matches import Search
from .ordering import Cursor, SortKey

MAX_PARTS = 100


class Stretch(NamedTuple):
    """A part of an index; of a choice field's index, the rows with one `option`."""

    option: int | None
    condition: Fragment


def stretches(search: Search) -> list[Stretch] | None:
    """The stretches of the sort field's index, in order; None when it cannot be walked.

    A choice field is walked option by option, in the order of its options.
    """
    key, *_ = search.keys
    if key.in_record:
        return [Stretch(None, (f"r.{key.column} <> ''" if key.may_be_blank else "TRUE", []))]
    # These are ordered by names; the index has the keys of the records and members.
    if key.column in ("related_record", "member"):
        return None
    # One stretch covers every other field: its index is in the order of the values.
    if key.column != "option":
        return [Stretch(None, (f"s.{key.column} IS NOT NULL", []))]
    options = sorted(
        key.field.options.values(), key=lambda o: (o.order, o.id), reverse=key.descending
    )
    # Each option is a SELECT of the union, so their number is limited.
    if len(options) > MAX_PARTS:
        return None
    return [Stretch(option.id, ("s.option = %s", [option.id])) for option in options]


def walk_index(search: Search) -> list[Row]:
    """The rows of a page, found along the sort field's index, then among the records in which it is
    blank.

    The latter are read only if the page is not full: PostgreSQL estimates them to be so expensive
    that it would plan the statement again each time it runs.
    """
    key, *_ = search.keys
    has_blanks = key.may_be_blank
    nothing_else = not stretches(search) or _is_among_blanks(search.cursor)
    # Blanks come last, so a cursor among them has the walked index behind it.
    if not (has_blanks and nothing_else):
        filled = fetch(*_walk(search, blanks=False))
        # A full page needs no blanks; a partial one is read again as a whole, blanks included.
        if len(filled) > search.limit or not has_blanks:
            return filled
    return fetch(*_walk(search, blanks=True))


def _is_among_blanks(cursor: Cursor | None) -> bool:
    """Whether the cursor stands at a record without a sort value, after which only such records
    follow."""
    if cursor is None:
        return False
    value, *_ = cursor.values
    return value is None


def _walk(search: Search, *, blanks: bool) -> Fragment:
    key, *_ = search.keys
    parts = [_stretch(search, key, part) for part in stretches(search) or []]
    if blanks:
        parts.append(_blank_stretch(search, key))
    # Each stretch may have to fill the whole page, offset included: the union is cut afterwards.
    wanted = search.offset + search.limit + 1
    union = " UNION ALL ".join(
        # `part` keeps the order of the stretches: a union has none.
        f"SELECT {at} AS part, x.* FROM ({sql} LIMIT {wanted}) x"
        for at, (sql, _) in enumerate(parts)
    )
    page = f"SELECT * FROM ({union}) u" + search.tail
    order = f"p.part, p.sorted {key.direction}, p.key {key.direction}"
    # Joined after the cut: only the page's records are fetched.
    record = by_key("records_record", "r", "r.workspace_id = %s AND r.id = p.key")
    return (
        f"SELECT r.id, p.sorted, {record_columns('r')} FROM ({page}) p{record} ORDER BY {order}"
    ), [
        *(param for _, params in parts for param in params),
        search.author.workspace.id,
    ]


def _stretch(search: Search, key: SortKey, part: Stretch) -> Fragment:
    """The keys and sort values of the matching records of one stretch, in order."""
    workspace, schema = search.author.workspace.id, search.schema.id
    if key.in_record:
        column, record = f"r.{key.column}", RECORD
        base, params = search.base
        source = f"records_record r WHERE {base}"
    else:
        column, record = f"s.{key.column}", "s.record_id"
        # `live` is the condition of the partial index that is walked.
        source = "records_fieldvalue s WHERE s.workspace_id = %s AND s.field_id = %s AND s.live"
        params = [workspace, key.field.id]
        sql, visible = search.visible
        # The index does not know the caller's rights; they are tested on each walked row.
        if sql != "TRUE":
            source += (
                " AND s.record_id IN (SELECT r.id FROM records_record r"
                f" WHERE r.workspace_id = %s AND r.object_id = %s AND {sql})"
            )
            params += [workspace, schema, *visible]
    condition, more = part.condition
    beyond, beyond_params = _beyond(search, key, column, record, part.option)
    # Probed, not by sets: the walk ends early, and a set would be built whole before.
    chosen, probed = search.sql.all_of(search.conditions, record, sets=False)
    return (
        f"SELECT {record} AS key, {column} AS sorted FROM {source} AND {condition} AND {beyond}"
        f" AND {chosen} ORDER BY {column} {key.direction}, {record} {key.direction}"
    ), [*params, *more, *beyond_params, *probed]


def _beyond(search: Search, key: SortKey, column: str, record: str, option: int | None) -> Fragment:
    """The part of a stretch that comes after the cursor."""
    cursor = search.cursor
    if cursor is None:
        return "TRUE", []
    value, *_ = cursor.values
    if value is None:  # only blanks follow
        return "FALSE", []
    if option is None:
        # As a pair, which the index of value and record serves in one step.
        return f"({column}, {record}) {key.beyond} (%s, %s)", [value, cursor.record_id]
    order = [part.option for part in stretches(search) or []]
    # A cursor at an option that was deleted has no place to continue from.
    passed = value not in order or order.index(option) < order.index(value)
    if passed:
        return "FALSE", []
    return (f"{record} {key.beyond} %s", [cursor.record_id]) if option == value else ("TRUE", [])


def _blank_stretch(search: Search, key: SortKey) -> Fragment:
    """The keys of the matching records without a sort value, with a null of its type."""
    base, params = search.base
    chosen, probed = search.sql.all_of(search.conditions, RECORD, sets=False)
    beyond, beyond_params = _beyond_blank(search, key)
    blank, blank_params = _is_blank(search, key)
    # A union needs a type for its NULL on PostgreSQL, and the collation of the other stretches.
    c_text = 'CAST(NULL AS text) COLLATE "C"' if is_postgresql() else "NULL"
    empty = {
        "text": c_text,
        "display_key": c_text,
        "number": "CAST(NULL AS numeric)",
        "option": "CAST(NULL AS bigint)",
    }
    nothing = empty.get(key.column, "CAST(NULL AS timestamptz)" if is_postgresql() else "NULL")
    return (
        f"SELECT r.id AS key, {nothing} AS sorted FROM records_record r"
        f" WHERE {base} AND {beyond} AND {chosen} AND {blank} ORDER BY r.id {key.direction}"
    ), [*params, *beyond_params, *probed, *blank_params]


def _beyond_blank(search: Search, key: SortKey) -> Fragment:
    """What is true of the blank records after the cursor: all of them, until it stands among
    them."""
    if search.cursor is None or not _is_among_blanks(search.cursor):
        return "TRUE", []
    return f"r.id {key.beyond} %s", [search.cursor.record_id]


def _is_blank(search: Search, key: SortKey) -> Fragment:
    """A condition: the record `r` has no sort value."""
    if key.in_record:
        return f"r.{key.column} = ''", []
    rows = (
        "FROM records_fieldvalue b WHERE b.workspace_id = %s AND b.record_id = r.id AND "
        "b.field_id = %s"
    )
    return found(rows, negated=True), [search.author.workspace.id, key.field.id]
