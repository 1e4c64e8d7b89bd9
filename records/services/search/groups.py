"""Groups and their figures, as callers read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from records.field_types import FieldSpec, References, shown_text
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.database import (
    Row,
    document,
    document_column,
    exact,
    fetch,
    in_ids,
    moment,
    time_limit,
)
from records.services.reading import load_references

from .aggregate_sql import AggregateSql
from .aggregates import Aggregate, AggregateRequest, Asked, Grouping, read_request
from .counts import PROBED, count
from .matches import by_record, ways
from .pages import SearchRequest, prepare_search

PLACES = 10  # decimal places of an average
MAX_JSON = 2**63
_WIDE = Context(prec=2000)


@dataclass(frozen=True, slots=True)
class Group:
    """A group: its values, by the names that were asked for, and its figures, in the same way.

    Numbers that no 64-bit integer or float holds exactly are Decimals.
    """

    values: dict[str, Any]
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class GroupPage:
    """A page of groups, and how many there are."""

    groups: list[Group]
    count: int
    asked: Asked

    @property
    def grouped(self) -> tuple[tuple[str, FieldSpec, str], ...]:
        """What groups are made by: the name, the field, the period."""
        return tuple((item.name, item.source.field, item.unit) for item in self.asked.groupings)

    @property
    def computed(self) -> tuple[tuple[str, FieldSpec | None], ...]:
        """The figures by name, with the field of whose values they are in the form; None for mere
        numbers."""
        return tuple(
            (item.name, None if item.source is None or item.counts else item.source.field)
            for item in self.asked.aggregates
        )


def aggregate_records(author: Author, schema: ObjectSchema, request: AggregateRequest) -> GroupPage:
    """Figures of the records that a search finds, for each group of them; without groups, for all.

    InvalidInput names every error and its place; Unavailable as for a search. At most four
    statements, whatever is found, and one for members that are not known yet.
    """
    asked = read_request(author, schema, request)
    search = prepare_search(author, schema, _without_order(request))
    page, size = request.search.page, request.search.page_size
    with time_limit():
        counted = count(search, exact=False)
        few = counted.matches < PROBED
        way = ways(search)[counted.way] if few else by_record(search, sets=True)
        sql = AggregateSql(search, asked, many=not few)
        rows = fetch(*sql.statement(way, offset=(page - 1) * size, limit=size))
    ((total, *_), *_) = rows
    shown = [row[1:] for row in rows if row[-1] is not None]
    groups = _Shown(author, asked, shown, plain=request.search.plain).groups()
    return GroupPage(groups, total, asked)


class _Shown:
    """The rows of a page, and what they refer to."""

    def __init__(self, author: Author, asked: Asked, rows: Sequence[Row], *, plain: bool) -> None:
        self.author = author
        self.asked = asked
        self.rows = rows
        self.plain = plain
        self.references = self._references()
        self.documents = self._documents()

    def groups(self) -> list[Group]:
        return [Group(self._values(row), self._figures(row)) for row in self.rows]

    def _values(self, row: Row) -> dict[str, Any]:
        width = len(self.asked.groupings)
        return {
            item.name: self._value(item, row[at], row[width + at])
            for at, item in enumerate(self.asked.groupings)
        }

    def _value(self, item: Grouping, key: Any, holder: int | None) -> Any:
        if key is None or item.unit:
            return key
        spec = item.source.field
        if holder is None:
            return self._told(spec, _stored(spec, key))
        written = self.documents.get(holder, {}).get(str(spec.id))
        # Changed since it was counted: the index still has it in its own form.
        return shown_text(key) if written is None else self._told(spec, written)

    def _told(self, spec: FieldSpec, stored: Any) -> Any:
        """One value as callers read it, also of a field that holds several."""
        read = spec.type.to_plain if self.plain else spec.type.to_json
        shown = read(spec, [stored] if spec.multiple else stored, self.references)
        return shown[0] if spec.multiple and isinstance(shown, list) else shown

    def _figures(self, row: Row) -> dict[str, Any]:
        at, found = 2 * len(self.asked.groupings), {}
        for item in self.asked.aggregates:
            if item.function == "avg":
                found[item.name] = self._amount(item, _average(row[at], row[at + 1]))
            else:
                found[item.name] = self._figure(item, row[at])
            at += 2 if item.function == "avg" else 1
        return found

    def _figure(self, item: Aggregate, raw: Any) -> Any:
        if raw is None or item.source is None or item.counts:
            return raw
        spec = item.source.field
        if item.function == "sum":
            return self._amount(item, exact(raw))
        return self._told(spec, _stored(spec, raw))

    def _amount(self, item: Aggregate, number: int | Decimal | None) -> Any:
        """A number as the field's numbers are read, such as an amount with its currency."""
        if number is None or item.source is None:
            return None
        return self._told(item.source.field, told_number(number))

    def _references(self) -> References:
        """What the groups are called: records and members."""
        keys: dict[FieldSpec, set[int]] = {}
        for at, item in enumerate(self.asked.groupings):
            if item.source.field.type.refers_to:
                found = {row[at] for row in self.rows if row[at] is not None}
                keys.setdefault(item.source.field, set()).update(found)
        return load_references(self.author, keys) if keys else References()

    def _documents(self) -> Mapping[int, dict[str, Any]]:
        """The values of the records that show how texts are written."""
        width = len(self.asked.groupings)
        held = {key for row in self.rows for key in row[width : 2 * width] if key is not None}
        if not held:
            return {}
        chosen, params = in_ids("r.id", sorted(held))
        column = document_column('r."values"')
        rows = fetch(
            f"SELECT r.id, {column} FROM records_record r WHERE r.workspace_id = %s AND {chosen}",
            [self.author.workspace.id, *params],
        )
        return {key: document(values) for key, values in rows}


def _without_order(request: AggregateRequest) -> SearchRequest:
    """The search, of which only what it matches is asked."""
    return replace(request.search, ordering=(), page=1, cursor=None)


def _stored(spec: FieldSpec, raw: Any) -> Any:
    """The stored value behind an index value as the engine returned it."""
    if spec.type.column == "moment":
        return spec.type.from_index(spec, moment(raw))
    if spec.type.column == "number":
        return spec.type.from_index(spec, told_number(exact(raw)))
    return spec.type.from_index(spec, raw)


def _average(raw: Any, number: int) -> int | Decimal | None:
    """The average of numbers, at `PLACES` decimal places, halves to the even digit."""
    if raw is None:
        return None
    found = round(Fraction(exact(raw)) / number, PLACES)
    return exact(Decimal(int(found * 10**PLACES)).scaleb(-PLACES, _WIDE))


def told_number(number: int | Decimal) -> int | float | Decimal:
    """A number as it is told: an integer or a float where that is exact."""
    if isinstance(number, int):
        return number if -MAX_JSON <= number < MAX_JSON else Decimal(number)
    told = float(number)
    return told if Decimal(repr(told)) == number else number
