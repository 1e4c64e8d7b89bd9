"""What a search finds, as SQL: the records that match, before they are counted, ordered or paged."""

from __future__ import annotations

from dataclasses import dataclass, field

from records.models import RecordState

from .access import Author
from .filter_sql import FilterSql
from .filters import AllOf, Leaf, Node
from .object_schema import ObjectSchema
from .ordering import Cursor, SortKey
from .sql import Fragment


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


_COST = {"eq": 0, "in": 1, "between": 2, "starts_with": 2, "contains": 4, "any": 5}


def driver_of(search: Search) -> Leaf | None:
    """The condition whose index rows can stand for the records: positive, one row per record, all visible and live."""
    if search.visible[0] != "TRUE" or search.state != RecordState.ACTIVE:
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


def matching(search: Search) -> Fragment:
    """`FROM … WHERE …` with one row per matching record."""
    driver = driver_of(search)
    if driver is None:
        return _records(search)
    rows, params = search.sql.rows(driver)
    rest = AllOf(tuple(node for node in search.conditions if node is not driver))
    # Under an alias of its own: the other conditions have rows of the same table.
    chosen, more = search.sql.predicate(rest, "d.id")
    return f"FROM (SELECT {search.sql.key_of(driver)} AS id {rows}) d WHERE {chosen}", [*params, *more]


def _records(search: Search) -> Fragment:
    base, params = search.base
    chosen, more = search.sql.predicate(search.node, "r.id")
    return f"FROM records_record r WHERE {base} AND {chosen}", [*params, *more]
