"""The plan for few matches: fetch them all with their sort values, and sort."""

from __future__ import annotations

from typing import Any

from .access import visible_condition
from .filter_sql import RECORD
from .ordering import Cursor, SortKey, after
from .record_rows import record_columns
from .search_matches import Search, Way
from .shown_names import name_is_open, stand_in
from .sql import Fragment, by_key

# Said so that no index of live records fits, which a planner may take for the key's.
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
    if way.key != RECORD:
        source += by_key("records_record", "r", f"r.workspace_id = %s AND r.id = {way.key}")
        params = [*params, search.author.workspace.id]
    ordered = [_ordered(key, column) for key, column in zip(search.keys, columns, strict=True)]
    cursor: Fragment = ("TRUE", [])
    if search.cursor is not None:
        values = tuple(map(_place, search.keys, search.cursor.values))
        cursor = after(search.keys, ordered, Cursor(values, search.cursor.record_id), "r.id")
    order = [f"{c} {k.direction} NULLS LAST" for c, k in zip(ordered, search.keys, strict=True)]
    order.append(f"r.id {search.keys[0].direction}")
    shown = "".join(f"{column}, " for column in columns)
    return (
        f"SELECT r.id, {shown}{record_columns('r')} FROM {source}{''.join(joins)}"
        f" WHERE {way.where[0]} AND {cursor[0]} ORDER BY {', '.join(order)}" + search.tail
    ), [*params, *join_params, *way.where[1], *cursor[1]]


def _sort_source(search: Search, key: SortKey, alias: str) -> tuple[str, str, list[Any]]:
    """The join that brings a sort key's value to each record `r`, the column it stands in, the join's parameters.

    Related records are sorted by their names; one that is archived or that the caller may not see is a blank.
    """
    if key.in_record:
        return "", f"NULLIF(r.{key.column}, '')" if key.may_be_blank else f"r.{key.column}", []
    workspace = search.author.workspace.id
    first = "{0}.workspace_id = %s AND {0}.record_id = {1}.id AND {0}.field_id = %s AND {0}.position = 0"
    join = by_key("records_fieldvalue", alias, first.format(alias, "r"), optional=True)
    if key.column != "related_record":
        return join, f"{alias}.{key.column}", [workspace, key.field.id]
    directory, related_id = search.author.directory, key.field.related_object_id or 0
    visible: Fragment = ("FALSE", [])
    shown = None
    if related_id in directory.objects:
        related = directory.schema(related_id)
        visible = visible_condition(search.author, related, f"{alias}r")
        shown = None if name_is_open(search.author, related) else stand_in(search.author, related)
    named = f"{alias}r.workspace_id = %s AND {alias}r.id = {alias}.related_record AND {LIVE.format(f'{alias}r')}"
    join += by_key("records_record", f"{alias}r", f"{named} AND {visible[0]}", optional=True)
    params = [workspace, key.field.id, workspace, *visible[1]]
    if shown is None:
        return join, f"NULLIF({alias}r.display_key, '')", params
    join += by_key("records_fieldvalue", f"{alias}n", first.format(f"{alias}n", f"{alias}r"), optional=True)
    return join, f"{alias}n.text", [*params, workspace, shown.id]


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
