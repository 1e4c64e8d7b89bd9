"""The records that a search matches, as SQL, before they are counted, ordered or paged.

There are several ways to the same records, and the cheapest depends on how many records meet each
condition. The counting statement finds this out by probing; no way relies on the planner's
estimates, which without fresh statistics are far off.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from records.models import RecordState
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.database import Fragment

from .drivers import DEAR, cost, drivers, is_negated
from .filter_sql import RECORD, FilterSql, is_own
from .filters import Leaf, Node
from .ordering import Cursor, SortKey

FEW = 1000  # records that are examined one by one
MAX_TRIED = 2  # conditions that are probed for being met by few records


@dataclass(slots=True)
class Search:
    """One search on its way to SQL."""

    author: Author
    schema: ObjectSchema
    keys: list[SortKey]
    cursor: Cursor | None
    offset: int
    limit: int
    visible: Fragment
    sql: FilterSql
    conditions: list[Node] = field(default_factory=list)
    state: str = RecordState.ACTIVE.value

    @property
    def base(self) -> Fragment:
        """What every record of the result meets, on alias `r`, without the filters."""
        sql, params = self.visible
        return (
            f"r.workspace_id = %s AND r.object_id = %s AND r.state = '{self.state}' AND {sql}",
            [self.author.workspace.id, self.schema.id, *params],
        )

    @property
    def tail(self) -> str:
        """LIMIT and OFFSET of the page and one more record."""
        # One more than the page: its presence says that there is a next page.
        return f" LIMIT {self.limit + 1} OFFSET {self.offset}"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to the records that match: `FROM source WHERE where` has one row for each, with its key
    in `key`.

    `few`, if given, is an SQL condition: so few records must be examined that this way is the
    cheapest.
    """

    source: Fragment
    where: Fragment
    key: str
    few: Fragment | None = None

    @property
    def matching(self) -> Fragment:
        """`FROM … WHERE …`."""
        source, params = self.source
        condition, more = self.where
        return f"FROM {source} WHERE {condition}", [*params, *more]


def ways(search: Search) -> list[Way]:
    """The ways to the records that match. The first suits any number; the others are better when
    few match."""
    found = _drivers(search)
    best = next(iter(found), None)
    usual = by_record(search, sets=True) if best is None else _by_index(search, best, sets=True)
    # `usual` is the fallback, whatever the number; the rest must be worth a probe.
    if len(search.conditions) < 2:  # no condition could be more selective than the rest
        return [usual]
    # Probing a dear condition would itself read much of an index.
    tried = [_by_index(search, node, sets=False) for node in found if cost(node) < DEAR][:MAX_TRIED]
    # A positive test of the record's own columns can be the most selective of all.
    if any(is_own(node) and not is_negated(node) for node in search.conditions):
        tried.append(by_record(search, sets=False))
    return [usual, *tried]


def by_record(search: Search, *, sets: bool) -> Way:
    """Read the records themselves: few pass the tests of their own columns, or the rest is tested
    by sets."""
    base, params = search.base
    # A negated test of a column is met by almost all records: it narrows nothing.
    own = [node for node in search.conditions if is_own(node) and not is_negated(node)]
    tests, own_params = search.sql.all_of(own, RECORD, sets=sets)
    rest, more = search.sql.all_of(
        [node for node in search.conditions if node not in own], RECORD, sets=sets
    )
    first, first_params = f"{base} AND {tests}", [*params, *own_params]
    source = "records_record r"
    # With sets, this way costs the same for any number: there is nothing to probe.
    few = None if sets else _few(f"FROM {source} WHERE {first}", first_params)
    return Way((source, []), (f"{first} AND {rest}", [*first_params, *more]), RECORD, few)


def _by_index(search: Search, driver: Node, *, sets: bool) -> Way:
    """Take the records from the index rows of one condition, and test the others on each."""
    keys, params = search.sql.keys(driver)
    # A list or several fields can have one record in several rows.
    once = isinstance(driver, Leaf) and not driver.field.multiple
    source = f"(SELECT {'' if once else 'DISTINCT '}k.id FROM ({keys}) k) d"
    rest = [node for node in search.conditions if node is not driver]
    few = None if sets else _few(f"FROM ({keys}) q", params)
    return Way((source, params), search.sql.all_of(rest, "d.id", sets=sets), "d.id", few)


def _few(source: str, params: list[object]) -> Fragment:
    # Counts no further than the limit: that there are more is all it has to find out.
    return f"(SELECT count(*) FROM (SELECT 1 {source} LIMIT {FEW + 1}) f) <= {FEW}", params


def _drivers(search: Search) -> list[Node]:
    """The conditions whose index rows can replace the records, all of which are visible."""
    visible, _ = search.visible
    if visible != "TRUE":  # the index does not know which records the caller may see
        return []
    return drivers(search.conditions, search.sql.has_keys)
