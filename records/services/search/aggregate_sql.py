"""The SQL of figures and groups: the matching records, joined with their index rows, grouped.

Each record is joined with its rows of a field by their key, as in `sort_plan`, and links are
followed one by one: nothing is scanned, whatever the planner estimates. Where many records match,
PostgreSQL joins the whole index of a field instead, by FULL JOINs: they are hashed or merged
whatever it estimates, as it knows no other way. A record has one row for each of its groups.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from records.field_types import KEY_END, FieldSpec, OptionSpec, has_own_order, index_text
from records.models import RecordState
from records.services.access import name_is_open, stand_in, visible_condition
from records.services.catalogue import COLUMN_FIELDS
from records.services.database import (
    Fragment,
    after_mark,
    by_key,
    exact_average,
    exact_sum,
    is_postgresql,
    moment_column,
    period_of,
)

from .aggregates import Aggregate, Asked, Grouping, Source
from .filter_sql import RECORD, found
from .matches import Search, Way
from .sort_plan import LIVE

VALUES, RECORDS = "records_fieldvalue", "records_record"
HELD = "h"  # how columns begin that hold one record that has a group's value


class Key(NamedTuple):
    """The key of a group; one record that has its value, where the key does not tell it; what
    groups are sorted by."""

    key: str
    holder: str
    order: str


class Held(NamedTuple):
    """A value in a row: as it is, a text as a whole, and its place in a list."""

    value: str
    text: str = ""
    position: str = ""


class Figure(NamedTuple):
    """The columns that a figure is made of, and what groups are sorted by it."""

    columns: list[str]
    order: str


@dataclass(slots=True)
class _Rows:
    """The rows that are grouped, while they are put together: joins and columns, each made once,
    and the conditions of a record's first row, where lists give it several. `whole` are the joins
    with whole indexes, `wide` their aliases."""

    joins: list[Fragment] = field(default_factory=list)
    whole: list[Fragment] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)
    columns: list[Fragment] = field(default_factory=list)
    known: dict[Any, Any] = field(default_factory=dict)
    first: list[str] = field(default_factory=list)

    def alias(self) -> str:
        return f"j{len(self.joins)}"

    def column(self, kind: str, sql: str, *params: Any) -> str:
        """The name of a column; `kind` begins it."""
        name = f"{kind}{len(self.columns)}"
        self.columns.append((f"{sql} AS {name}", list(params)))
        return f"x.{name}"


class AggregateSql:
    """Writes the statement of one request."""

    def __init__(self, search: Search, asked: Asked, *, many: bool = False) -> None:
        self.search = search
        self.asked = asked
        self.workspace_id = search.author.workspace.id
        self.rows = _Rows()
        # The indexes by value hold live records only.
        self.whole = many and is_postgresql() and search.state == RecordState.ACTIVE

    def statement(self, way: Way, *, offset: int, limit: int) -> Fragment:
        """The number of groups; then, of each group on the page, its keys, the holder of each, and
        the columns of each figure. Without groups on the page, one row of the number alone."""
        groups = [self._group(item) for item in self.asked.groupings]
        made = [self._made(item) for item in self.asked.aggregates]
        figures = [
            self._figure(item, column)
            for item, column in zip(self.asked.aggregates, made, strict=True)
        ]
        rows, params = self._joined(way)
        columns = [group.key for group in groups]
        columns += [f"min({group.holder})" if group.holder else "NULL" for group in groups]
        columns += [sql for figure in figures for sql in figure.columns]
        named = ", ".join(f"{sql} AS c{at}" for at, sql in enumerate(columns))
        order = self._order(groups, figures)
        placed = f"row_number() OVER (ORDER BY {', '.join(order)})" if groups else "1"
        grouped = f" GROUP BY {', '.join(group.key for group in groups)}" if groups else ""
        return (
            f"WITH x AS ({rows}), g AS MATERIALIZED (SELECT {named}, {placed} AS place FROM x"
            f"{grouped}) SELECT (SELECT count(*) FROM g), p.* FROM (SELECT 1 AS one) o"
            " LEFT JOIN (SELECT * FROM g WHERE g.place > %s AND g.place <= %s) p ON TRUE"
            " ORDER BY p.place"
        ), [*params, offset, offset + limit]

    def _joined(self, way: Way) -> Fragment:
        """The rows that are grouped."""
        source, params = way.source
        condition, where = way.where
        if way.key != RECORD:
            source += by_key(RECORDS, "r", f"r.workspace_id = %s AND r.id = {way.key}")
            params = [*params, self.workspace_id]
        elif self.whole:
            source, params = self._wholly_joined(source, condition, [*params, *where])
            condition, where = "r.id IS NOT NULL", []
        joins = "".join(sql for sql, _ in self.rows.joins)
        columns = ", ".join(["r.id AS id", *(sql for sql, _ in self.rows.columns)])
        rows = f"SELECT {columns} FROM {source}{joins} WHERE {condition}"
        if any(item.source.several_records for item in self.asked.groupings):
            rows = self._once(rows)
        return rows, [
            *(param for _, more in self.rows.columns for param in more),
            *params,
            *(param for _, more in self.rows.joins for param in more),
            *where,
        ]

    def _wholly_joined(self, source: str, condition: str, params: list[Any]) -> Fragment:
        """The records, and the values of fields with whole indexes, under the alias `r`; where
        there is no such record, its columns are null."""
        # OFFSET keeps the planner from making LEFT JOINs of these, and nested loops of those.
        own = f"SELECT r.id, r.created_at, r.updated_at FROM {source} WHERE {condition} OFFSET 0"
        joins = "".join(sql for sql, _ in self.rows.whole)
        shown = "".join(
            f", {alias}.v AS {alias}, {alias}.o AS {alias}o" for alias in self.rows.wide
        )
        return f"(SELECT m.*{shown} FROM ({own}) m{joins} OFFSET 0) r", [
            *params,
            *(param for _, more in self.rows.whole for param in more),
        ]

    def _once(self, rows: str) -> str:
        """The rows, of which a record has one in each group, whatever number of linked records
        brings it there."""
        names = ["id", *(sql.rpartition(" AS ")[2] for sql, _ in self.rows.columns)]
        held = {name for name in names if name.startswith(HELD)}
        shown = [f"min(y.{name}) AS {name}" if name in held else f"y.{name}" for name in names]
        keys = [f"y.{name}" for name in names if name not in held]
        return f"SELECT {', '.join(shown)} FROM ({rows}) y GROUP BY {', '.join(keys)}"

    # ------------------------------------------------------------ groups

    def _group(self, item: Grouping) -> Key:
        spec, anchor = item.source.field, self._anchor(item.source)
        value, row = self._value(spec, anchor)
        if item.unit:
            sql, params = period_of(value, item.unit, spec.type.clock(spec))
            key = self.rows.column("k", sql, *params)
            return Key(key, "", key)
        if spec.is_link:
            key, name = self.rows.column("k", value), self._name(spec, value)
            return Key(key, "", f"min({self.rows.column('o', name)})" if name else key)
        if spec.type.column != "text":
            key = self.rows.column("k", value)
            return Key(key, "", _in_order(spec, key))
        # Of a text the index has another form; one of the records that have it shows how it is
        # written.
        key = self.rows.column("k", _compared(spec, row))
        holder = self.rows.column(HELD, anchor)
        if not has_own_order(spec.language):
            return Key(key, holder, key)
        return Key(key, holder, f"min({self.rows.column('o', row.text)})")

    def _order(self, groups: list[Key], figures: list[Figure]) -> list[str]:
        """What groups are sorted by: as asked, then by their own order; blanks last."""
        order = []
        for item, descending in self.asked.ordering:
            by = (
                groups[self.asked.groupings.index(item)].order
                if isinstance(item, Grouping)
                else figures[self.asked.aggregates.index(item)].order
            )
            order.append(f"{by} {'DESC' if descending else 'ASC'} NULLS LAST")
        usual = [*(group.order for group in groups), *(group.key for group in groups)]
        return [*order, *(f"{by} ASC NULLS LAST" for by in usual)]

    def _name(self, link: FieldSpec, value: str) -> str:
        """What linked records are sorted by: their names, or what stands in for them; empty where
        the caller may compare neither."""
        author = self.search.author
        related = author.directory.related_schema(link)
        if name_is_open(author, related):
            alias = self._join(RECORDS, "{0}.workspace_id = %s AND {0}.id = " + value)
            return f"NULLIF({alias}.display_key, '')"
        shown = stand_in(author, related)
        return "" if shown is None else self._joined_value(shown, value).value

    # ------------------------------------------------------------ figures

    def _made(self, item: Aggregate) -> str:
        """The column of which a figure is made; empty for the records themselves."""
        source = item.source
        if source is None:
            return ""
        kind = {"count": "n", "distinct": "d"}.get(item.function, "v")
        place = kind, source.field.id, source.link and source.link.id
        if place not in self.rows.known:
            self.rows.known[place] = self._column(kind, source)
        column: str = self.rows.known[place]
        return column

    def _column(self, kind: str, source: Source) -> str:
        spec = source.field
        if kind == "n":
            condition, params = self._has(source)
            return self.rows.column(kind, f"CASE WHEN {condition} THEN 1 END", *params)
        value, row = self._value(spec, self._anchor(source))
        if kind == "d" and spec.type.column == "text":
            value = _compared(spec, row)
        if spec.multiple:
            first = self.rows.column("p", f"COALESCE({row.position}, 0)")
            self.rows.first.append(f"{first} = 0")
        return self.rows.column(kind, value)

    def _figure(self, item: Aggregate, column: str) -> Figure:
        # Lists of values, each in a row of its own, would make a record count several times.
        first = f" FILTER (WHERE {' AND '.join(self.rows.first)})" if self.rows.first else ""
        match item.function:
            case "count":
                sql = f"count({column or '*'}){first}"
            case "distinct":
                sql = f"count(DISTINCT {column})"
            case "sum" | "avg":
                sql = f"{exact_sum(column)}{first}"
            case extreme:
                sql = f"{extreme}({column}){first}"
        if item.function == "avg":
            return Figure([sql, f"count({column}){first}"], exact_average(column, first))
        source = item.source
        is_moment = (
            item.function in ("min", "max")
            and source is not None
            and source.field.type.column == "moment"
        )
        return Figure([moment_column(sql) if is_moment else sql], sql)

    # ------------------------------------------------------------ values

    def _anchor(self, source: Source) -> str:
        """The key of the record that has the values."""
        return RECORD if source.link is None else self._linked(source.link, RECORD)

    def _value(self, spec: FieldSpec, anchor: str) -> tuple[str, Held]:
        """The value of a record's field, and more of the row that has it."""
        if spec.is_link:
            value = self._linked(spec, anchor)
            return value, Held(value)
        column = COLUMN_FIELDS.get(spec.computed)
        if column is None:
            row = self._joined_value(spec, anchor)
            return row.value, row
        alias = "r"
        if anchor != RECORD:
            alias = self._join(RECORDS, "{0}.workspace_id = %s AND {0}.id = " + anchor)
        return f"{alias}.{column}", Held(f"{alias}.{column}")

    def _joined_value(self, spec: FieldSpec, anchor: str) -> Held:
        if self.whole and anchor == RECORD and not spec.multiple:
            return self._whole_index(spec)
        condition = _row_of("{0}", anchor) + ("" if spec.multiple else " AND {0}.position = 0")
        alias = self._join(VALUES, condition, spec.id, many=spec.multiple)
        text = f"COALESCE({alias}.overflow, {alias}.text)"
        return Held(f"{alias}.{spec.type.column}", text, f"{alias}.position")

    def _whole_index(self, spec: FieldSpec) -> Held:
        """The values of a field, of all records that have it."""
        place = "w", spec.id
        if place not in self.rows.known:
            alias, column = f"w{len(self.rows.wide)}", f"v.{spec.type.column}"
            overflow = "v.overflow" if spec.type.column == "text" else "NULL"
            rows = (
                f"SELECT v.record_id, {column} AS v, {overflow} AS o FROM {VALUES} v WHERE "
                f"v.workspace_id = %s AND v.field_id = %s AND v.live AND {column} IS NOT NULL"
            )
            sql = f" FULL JOIN ({rows} OFFSET 0) {alias} ON {alias}.record_id = m.id"
            self.rows.whole.append((sql, [self.workspace_id, spec.id]))
            self.rows.wide.append(alias)
            self.rows.known[place] = Held(f"r.{alias}", f"COALESCE(r.{alias}o, r.{alias})")
        held: Held = self.rows.known[place]
        return held

    def _linked(self, link: FieldSpec, anchor: str) -> str:
        """The key of a linked record that the caller may see; several fields of it are of the same
        one."""
        place = "l", anchor, link.id
        if place not in self.rows.known:
            condition, params = self._links("{0}", link, anchor)
            _, *more = params  # the workspace comes first, and is given by the join
            alias = self._join(VALUES, condition, *more, many=link.multiple)
            self.rows.known[place] = _target(alias, link)
        key: str = self.rows.known[place]
        return key

    def _join(self, table: str, condition: str, *params: Any, many: bool = False) -> str:
        """Join the row or rows of a table that a condition on `{0}` finds, if there are any."""
        alias = self.rows.alias()
        condition = condition.format(alias)
        if many and is_postgresql():
            # OFFSET keeps the planner from replacing the look-ups by a scan.
            rows = f"SELECT * FROM {table} {alias} WHERE {condition} OFFSET 0"
            sql = f" LEFT JOIN LATERAL ({rows}) {alias} ON TRUE"
        else:
            sql = by_key(table, alias, condition, optional=True)
        self.rows.joins.append((sql, [self.workspace_id, *params]))
        return alias

    def _links(self, alias: str, link: FieldSpec, anchor: str) -> Fragment:
        """The index rows of a record's links to records that the caller may see."""
        author = self.search.author
        related = author.directory.related_schema(link)
        visible, params = visible_condition(author, related, "t")
        target = _target(alias, link)
        shown = found(
            f"FROM {RECORDS} t WHERE t.workspace_id = %s AND t.object_id = %s AND t.id = {target}"
            f" AND {LIVE.format('t')} AND {visible}"
        )
        rows = f"{alias}.related_record IS NOT NULL AND {shown}"
        if link.mirror_of_id is None:
            rows, near = f"{_row_of(alias, anchor)} AND {rows}", link.id
        else:
            rows = (
                f"{alias}.workspace_id = %s AND {alias}.field_id = %s AND {alias}.related_record = "
                f"{anchor} AND {alias}.live AND {rows}"
            )
            near = link.mirror_of_id
        return rows, [self.workspace_id, near, self.workspace_id, related.id, *params]

    def _has(self, source: Source) -> Fragment:
        """A condition: the record has a value that the caller may see."""
        if source.link is None:
            return self._has_value(source.field, RECORD, "f")
        links, params = self._links("e", source.link, RECORD)
        value, more = self._has_value(source.field, _target("e", source.link), "f")
        return found(f"FROM {VALUES} e WHERE {links} AND {value}"), [*params, *more]

    def _has_value(self, spec: FieldSpec, anchor: str, alias: str) -> Fragment:
        if spec.is_link:
            links, params = self._links(alias, spec, anchor)
            return found(f"FROM {VALUES} {alias} WHERE {links}"), params
        if spec.computed in COLUMN_FIELDS:  # never blank, but for names, of which nothing is made
            return "TRUE", []
        rows = f"FROM {VALUES} {alias} WHERE {_row_of(alias, anchor)}"
        return found(rows), [self.workspace_id, spec.id]


def _row_of(alias: str, anchor: str) -> str:
    """The rows of one record's field; the workspace and the field are the parameters."""
    return f"{alias}.workspace_id = %s AND {alias}.record_id = {anchor} AND {alias}.field_id = %s"


def _target(alias: str, link: FieldSpec) -> str:
    """The key of the linked record in a row: a mirror's rows are those of the linking ones."""
    return f"{alias}.{'related_record' if link.mirror_of_id is None else 'record_id'}"


def _compared(spec: FieldSpec, row: Held) -> str:
    """A text as it is compared. The keys of a language, which come before it, may differ by
    capitals, which make no difference."""
    return after_mark(row.text, KEY_END) if has_own_order(spec.language) else row.text


def _in_order(spec: FieldSpec, key: str) -> str:
    """What a key is sorted by: choices by the order of their options."""
    options = sorted(spec.options.values(), key=lambda option: _place_of(spec, option))
    cases = " ".join(f"WHEN {option.id} THEN {place}" for place, option in enumerate(options))
    return f"CASE {key} {cases} END" if cases else key


def _place_of(spec: FieldSpec, option: OptionSpec) -> tuple[bool, int, str]:
    """Those of the definition in their order, then those that records made, as tags are, by name:
    their order would show when they were made."""
    made = not option.by_hand
    return made, 0 if made else option.order, index_text(option.name, spec.language)
