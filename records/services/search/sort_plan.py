"""The plan for few matches: fetch them all with their sort values, and sort."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from records.services.access import name_is_open, stand_in, visible_condition
from records.services.database import Fragment, by_key
from records.services.storage import record_columns

from .filter_sql import RECORD
from .matches import Search, Way
from .ordering import Cursor, SortKey, after

# Written so that no partial index of live records matches, which a planner may prefer to the
# primary key.
LIVE = "{0}.state NOT IN ('archived', 'deleted')"


def sort_matches(search: Search, way: Way) -> Fragment:
    """Every match, with its sort values, sorted."""
    joins, columns, join_params = [], [], []
    for at, key in enumerate(search.keys):
        join, column, params = _sort_source(search, key, f"s{at}")
        joins.append(join)
        columns.append(column)
        join_params += params
    source, params = way.source
    # A way over index rows has only keys: the record's columns are fetched by them.
    if way.key != RECORD:
        source += by_key("records_record", "r", f"r.workspace_id = %s AND r.id = {way.key}")
        params = [*params, search.author.workspace.id]
    ordered = [_ordered(key, column) for key, column in zip(search.keys, columns, strict=True)]
    beyond, cursor_params = _beyond_cursor(search, ordered)
    condition, where_params = way.where
    first, *_ = search.keys
    # Engines place nulls differently; blanks come last in both directions.
    order = [f"{c} {k.direction} NULLS LAST" for c, k in zip(ordered, search.keys, strict=True)]
    # Records with equal values need an order of their own, or pages could repeat them.
    order.append(f"r.id {first.direction}")
    return (
        f"SELECT {', '.join(['r.id', *columns, record_columns('r')])} FROM {source}{''.join(joins)}"
        f" WHERE {condition} AND {beyond} ORDER BY {', '.join(order)}" + search.tail
    ), [*params, *join_params, *where_params, *cursor_params]


def _beyond_cursor(search: Search, ordered: Sequence[str]) -> Fragment:
    """What is true of the records after the cursor, by the expressions that they are ordered by."""
    if search.cursor is None:
        return "TRUE", []
    values = tuple(map(_place, search.keys, search.cursor.values))
    return after(search.keys, ordered, Cursor(values, search.cursor.record_id), "r.id")


def _sort_source(search: Search, key: SortKey, alias: str) -> tuple[str, str, list[Any]]:
    """The join that adds a sort key's value to each record `r`, the column of that value, the
    join's parameters.

    Related records are sorted by their names; one that is archived or that the caller may not see
    counts as blank.
    """
    # No name is an empty text, which would sort before all others: blanks come last.
    if key.in_record:
        return "", f"NULLIF(r.{key.column}, '')" if key.may_be_blank else f"r.{key.column}", []
    workspace = search.author.workspace.id
    first = (
        "{0}.workspace_id = %s AND {0}.record_id = {1}.id AND {0}.field_id = %s AND {0}.position "
        "= 0"
    )
    join = by_key("records_fieldvalue", alias, first.format(alias, "r"), optional=True)
    if key.column != "related_record":
        return join, f"{alias}.{key.column}", [workspace, key.field.id]
    # The record's link is a key; people expect the order of the names behind it.
    related = search.author.directory.find_related(key.field)
    visible: Fragment = ("FALSE", [])
    shown = None
    # Links with archived objects are suspended: every record counts as blank.
    if related is not None:  # not archived
        visible = visible_condition(search.author, related, f"{alias}r")
        # Names that may show hidden values are replaced by another field.
        shown = None if name_is_open(search.author, related) else stand_in(search.author, related)
    condition, visible_params = visible
    named = (
        # An archived record's name is not shown, so it must not decide the order.
        f"{alias}r.workspace_id = %s AND {alias}r.id = {alias}.related_record AND "
        f"{LIVE.format(f'{alias}r')}"
    )
    join += by_key("records_record", f"{alias}r", f"{named} AND {condition}", optional=True)
    params = [workspace, key.field.id, workspace, *visible_params]
    if shown is None:
        return join, f"NULLIF({alias}r.display_key, '')", params
    join += by_key(
        "records_fieldvalue", f"{alias}n", first.format(f"{alias}n", f"{alias}r"), optional=True
    )
    return join, f"{alias}n.text", [*params, workspace, shown.id]


def _option_places(key: SortKey) -> dict[int, int]:
    options = sorted(key.field.options.values(), key=lambda o: (o.order, o.id))
    return {option.id: place for place, option in enumerate(options)}


def _ordered(key: SortKey, column: str) -> str:
    """The expression that a sort column is ordered by: choices by the order of their options."""
    places = _option_places(key) if key.column == "option" else {}
    # A field without options has no cases, and CASE without WHEN is no SQL.
    cases = " ".join(f"WHEN {option} THEN {place}" for option, place in places.items())
    return f"CASE {column} {cases} END" if cases else column


def _place(key: SortKey, value: Any) -> Any:
    """A cursor's value in the form the records are ordered by."""
    return _option_places(key).get(value) if key.column == "option" else value
