"""The ledger by operation: which rows of it a caller may see, and reading them in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from records.models import Extent
from records.services.access import Author, list_schemas, visible_condition
from records.services.catalogue import ObjectSchema
from records.services.database import Fragment, Row, fetch, fetch_column, in_ids, uuid_param
from records.services.merging import RELINKED

LEDGER = "records_historicalrecord"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller may see of the ledger: of some objects every row, of others those of their own
    records."""

    author: Author
    whole: tuple[ObjectSchema, ...]
    own: tuple[ObjectSchema, ...]

    @property
    def schemas(self) -> dict[int, ObjectSchema]:
        """The objects in sight, by key."""
        return {schema.id: schema for schema in (*self.whole, *self.own)}

    def of(self, object_id: int) -> Sight:
        """What the caller may see of the rows of one object."""
        return Sight(
            self.author,
            tuple(schema for schema in self.whole if schema.id == object_id),
            tuple(schema for schema in self.own if schema.id == object_id),
        )

    def condition(self, alias: str) -> Fragment:
        """SQL that keeps the rows in sight of the ledger under `alias`."""
        conditions, params = ["FALSE"], list[Any]()
        if self.whole:
            chosen, ids = in_ids(f"{alias}.object_id", [schema.id for schema in self.whole])
            conditions.append(chosen)
            params += ids
        for schema in self.own:
            shown, more = _own_records(self.author, schema)
            conditions.append(f"({alias}.object_id = %s AND {alias}.id IN ({shown}))")
            params += [schema.id, *more]
        return f"({' OR '.join(conditions)})", params


def sight_of(author: Author, only: ObjectSchema | None = None) -> Sight:
    """What the caller may see, of all objects or of one of them."""
    schemas = [
        schema
        for schema in (list_schemas(author) if only is None else [only])
        if schema.external is None
    ]
    by_view: dict[str, list[ObjectSchema]] = {}
    for schema in schemas:
        by_view.setdefault(author.role.grant(schema.id).view, []).append(schema)
    return Sight(author, tuple(by_view.get(Extent.ALL, ())), tuple(by_view.get(Extent.OWN, ())))


def _own_records(author: Author, schema: ObjectSchema) -> Fragment:
    """A SELECT of the caller's own records, live and archived."""
    live, params = visible_condition(author, schema, "r")
    archived, more = visible_condition(author, schema, "r", live=False)
    return (
        "SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND r.object_id = %s AND "
        f"((r.state = 'active' AND {live}) OR (r.state = 'archived' AND {archived}))"
    ), [author.workspace.id, schema.id, *params, *more]


class LedgerRow(NamedTuple):
    """A row of the ledger, as `COLUMNS` selects it under the alias `h`."""

    history_id: int
    object_id: int
    id: int
    version: int
    action: str
    operation_id: Any
    state: str
    cancelled_at: Any
    external_source: str
    external_id: str | None
    member_id: int | None
    assignment_task_id: int | None
    merged_into: int | None
    changes: Any


_OF_ITS_OWN = f"h.action <> '{RELINKED}'"
COLUMNS = ", ".join(f"h.{name}" for name in LedgerRow._fields)


def count_rows(sight: Sight, operation: UUID) -> int:
    """How many rows of an operation are in sight, without those of links that followed merged
    records."""
    condition, params = sight.condition("h")
    ((count,),) = fetch(
        f"SELECT count(*) FROM {LEDGER} h WHERE h.workspace_id = %s AND h.operation_id = %s"
        f" AND {_OF_ITS_OWN} AND {condition}",
        [sight.author.workspace.id, uuid_param(operation), *params],
    )
    return int(count)


def touched_objects(workspace_id: int, operation: UUID) -> list[int]:
    """The objects whose records an operation has changed; one statement, which goes from object to
    object in the index, past all their rows."""
    of_operation = f"FROM {LEDGER} h WHERE h.workspace_id = %s AND h.operation_id = %s"
    found = fetch_column(
        f"WITH RECURSIVE touched(key) AS (SELECT min(h.object_id) {of_operation} UNION ALL"
        f" SELECT (SELECT min(h.object_id) {of_operation} AND h.object_id > t.key)"
        " FROM touched t WHERE t.key IS NOT NULL) SELECT key FROM touched WHERE key IS NOT NULL",
        [workspace_id, uuid_param(operation)] * 2,
    )
    return [int(key) for key in found]


def newest_rows(
    sight: Sight, operation: UUID, touched: Iterable[int], before: int | None, limit: int
) -> list[tuple[int, int, int]]:
    """(key, object, record) of the newest rows of an operation in sight, newest first; `before`:
    of those below this key. Links that followed merged records go with these.

    A statement for each object that the operation has touched, in the order of the index.
    """
    workspace_id = sight.author.workspace.id
    bound, bounds = ("", []) if before is None else (" AND h.history_id < %s", [before])
    found: list[Row] = []
    for key in sight.schemas.keys() & set(touched):
        condition, params = sight.of(key).condition("h")
        found += fetch(
            f"SELECT h.history_id, h.object_id, h.id FROM {LEDGER} h WHERE h.workspace_id = %s"
            f" AND h.operation_id = %s AND h.object_id = %s{bound} AND {_OF_ITS_OWN}"
            f" AND {condition}"
            f" ORDER BY h.history_id DESC LIMIT {limit:d}",
            [workspace_id, uuid_param(operation), key, *bounds, *params],
        )
    return sorted(((row[0], row[1], row[2]) for row in found), reverse=True)[:limit]


def rows_since(workspace_id: int, records: Iterable[int], first: int) -> Iterator[LedgerRow]:
    """The rows of these records from a key on, oldest first."""
    chosen, params = in_ids("h.id", records)
    return map(
        LedgerRow._make,
        fetch(
            f"SELECT {COLUMNS} FROM {LEDGER} h WHERE h.workspace_id = %s AND {chosen}"
            " AND h.history_id >= %s ORDER BY h.history_id",
            [workspace_id, *params, first],
        ),
    )


def rows_at(workspace_id: int, versions: dict[int, int]) -> dict[int, LedgerRow]:
    """The rows of these records at these versions, by record."""
    if not versions:
        return {}
    chosen, params = in_ids("h.id", versions)
    numbers, more = in_ids("h.version", set(versions.values()))
    rows = fetch(
        f"SELECT {COLUMNS} FROM {LEDGER} h WHERE h.workspace_id = %s AND {chosen} AND {numbers}",
        [workspace_id, *params, *more],
    )
    found = map(LedgerRow._make, rows)
    return {row.id: row for row in found if versions[row.id] == row.version}


def first_key(workspace_id: int, operation: UUID, touched: Iterable[int]) -> int:
    """The key of the oldest row of an operation that has touched these objects."""
    keys: list[int] = []
    for object_id in touched:
        keys += fetch_column(
            f"SELECT history_id FROM {LEDGER} WHERE workspace_id = %s AND operation_id = %s"
            " AND object_id = %s ORDER BY history_id LIMIT 1",
            [workspace_id, uuid_param(operation), object_id],
        )
    return min(keys, default=0)
