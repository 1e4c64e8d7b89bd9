"""What a search finds, as SQL: the records that match, before they are counted, ordered or paged.

There are several ways to the same records, and which is cheap depends on how many records meet each condition. The
statement that counts finds that out by looking; no way relies on what a planner expects, which without fresh statistics
is far from the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from records.models import RecordState

from .access import Author
from .filter_sql import RECORD, FilterSql, is_negated, is_own
from .filters import AllOf, AnyOf, Leaf, Node, TextSearch
from .object_schema import ObjectSchema
from .ordering import Cursor, SortKey
from .sql import Fragment

FEW = 1000  # records that are looked at one by one
MAX_TRIED = 2  # conditions that may turn out to be met by few


@dataclass(slots=True)
class Search:
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
    state: str = RecordState.ACTIVE.value

    @property
    def base(self) -> Fragment:
        """What every record of the result meets, on alias `r`, the filters apart."""
        sql, params = self.visible
        return (
            f"r.workspace_id = %s AND r.object_id = %s AND r.state = '{self.state}' AND {sql}",
            [self.author.workspace.id, self.schema.id, *params],
        )

    @property
    def tail(self) -> str:
        """The page and one record more."""
        return f" LIMIT {self.limit + 1} OFFSET {self.offset}"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to the records that match: `FROM source WHERE where` has one row for each, with its key in `key`.

    `few`, if there is one, says whether so few records have to be looked at that this way is the cheapest.
    """

    source: Fragment
    where: Fragment
    key: str
    few: Fragment | None = None

    @property
    def matching(self) -> Fragment:
        """`FROM … WHERE …`."""
        return f"FROM {self.source[0]} WHERE {self.where[0]}", [*self.source[1], *self.where[1]]


def ways(search: Search) -> list[Way]:
    """The ways to the records that match. The first serves any number; the others come before it where few do."""
    drivers = _drivers(search)
    usual = _by_index(search, drivers[0], sets=True) if drivers else by_record(search, sets=True)
    if len(search.conditions) < 2:
        return [usual]
    tried = [_by_index(search, node, sets=False) for node in drivers if _cost(node) < DEAR][:MAX_TRIED]
    if any(is_own(node) and not is_negated(node) for node in search.conditions):
        tried.append(by_record(search, sets=False))
    return [usual, *tried]


def by_record(search: Search, *, sets: bool) -> Way:
    """Read the records themselves; those whose own columns pass are few, or the rest is tested by sets."""
    base, params = search.base
    own = [node for node in search.conditions if is_own(node) and not is_negated(node)]
    tests, own_params = search.sql.all_of(own, RECORD, sets=sets)
    rest, more = search.sql.all_of([node for node in search.conditions if node not in own], RECORD, sets=sets)
    first: Fragment = (f"{base} AND {tests}", [*params, *own_params])
    source = "records_record r"
    few = None if sets else _few(f"FROM {source} WHERE {first[0]}", first[1])
    return Way((source, []), (f"{first[0]} AND {rest}", [*first[1], *more]), RECORD, few)


def _by_index(search: Search, driver: Node, *, sets: bool) -> Way:
    """Take the records from the index rows of one condition, and test them for the others."""
    keys, params = search.sql.keys(driver)
    once = isinstance(driver, Leaf) and not driver.field.multiple
    source = f"(SELECT {'' if once else 'DISTINCT '}k.id FROM ({keys}) k) d"
    rest = [node for node in search.conditions if node is not driver]
    few = None if sets else _few(f"FROM ({keys}) q", params)
    return Way((source, params), search.sql.all_of(rest, "d.id", sets=sets), "d.id", few)


def _few(source: str, params: list[object]) -> Fragment:
    return f"(SELECT count(*) FROM (SELECT 1 {source} LIMIT {FEW + 1}) f) <= {FEW}", params


DEAR = 4
_COST = {"eq": 0, "in": 1, "between": 2, "starts_with": 2, "contains": DEAR, "ends_with": DEAR, "any": DEAR + 1}


def _cost(node: Node) -> int:
    """Roughly, how much of an index a condition has to read."""
    if isinstance(node, AnyOf):
        return max(map(_cost, node.children))
    return DEAR if isinstance(node, TextSearch) else _COST.get(node.test.op, 3) if isinstance(node, Leaf) else DEAR


def _drivers(search: Search) -> list[Node]:
    """The conditions whose index rows can stand for the records: positive, all visible and live; the best first."""
    if search.visible[0] != "TRUE":
        return []
    fit = [node for node in search.conditions if search.sql.has_keys(node) and not is_negated(node)]
    return sorted((node for node in fit if not _is_mirrored(node)), key=_cost)


def _is_mirrored(node: Node) -> bool:
    """Whether the index rows are those of other records, which may link to archived ones."""
    if isinstance(node, AnyOf):
        return any(map(_is_mirrored, node.children))
    return isinstance(node, Leaf) and node.field.mirror_of_id is not None
