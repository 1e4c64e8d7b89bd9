"""The number of matching records: counted, and remembered as long as no record of the object
changes.

Counting is the one part of a search that grows with the records. So each count is kept with a mark,
the state of the ledger when it was taken. The statement that would count again first looks for rows
of the object in the ledger since that mark, and counts only if there are some. The page is always
planned by a valid count.

On PostgreSQL the mark is the snapshot of the counting statement, because keys are not assigned in
the order of commits. On SQLite, which has one writer at a time, it is the object's newest row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from records.services.database import (
    Cache,
    Fragment,
    fetch,
    is_postgresql,
)

from .filters import (
    AllOf,
    AnyOf,
    Leaf,
    Node,
    NoneOf,
)
from .matches import Search, Way, ways

PROBED = 5000
MAX_SINCE = 10  # ledger rows examined to see whether a count still holds; with more, it does not
MAX_KEY = 4000  # characters
_kept = Cache(2000)
_LEDGER = "FROM records_historicalrecord h WHERE h.workspace_id = %s AND h.object_id = %s"


@dataclass(frozen=True, slots=True)
class Counted:
    """The number of matches, an upper bound of the object's records, the mark of the count, and the
    way taken."""

    matches: int
    size: int
    mark: Any
    way: int = 0


def count(search: Search, *, exact: bool) -> Counted:
    """Count the matches, at most `PROBED` of them unless exact; a remembered count is used while it
    holds."""
    found = ways(search)
    usual, *_ = found
    # Only exact counts are kept: a limited one is cheap, and no count to show.
    key = _key(search, *usual.matching) if exact else None
    known: Counted | None = _kept.get(key) if key else None
    ((matches, way, newest, oldest, mark),) = fetch(*_counting(search, found, known, exact=exact))
    if known is not None and way is None:  # what is known still holds
        return known
    # A gap in the keys makes the bound too high, which only favours sorting.
    # The keys of the newest and the oldest record bound the number of records.
    size = 0 if newest is None else abs(newest - oldest) + 1
    made = Counted(matches, size, mark, way)
    if key:
        _kept.put(key, made)
    return made


def _counting(
    search: Search, found: Sequence[Way], known: Counted | None, *, exact: bool
) -> Fragment:
    """The statement that chooses a way and counts: the matches, the way, newest and oldest record,
    the mark."""
    choice, params = _choice(search, found, known)
    counted = [_counted(way, exact=exact) for way in found]
    cases = " ".join(f"WHEN {at} THEN ({sql})" for at, (sql, _) in enumerate(counted))
    newest, oldest = (
        # By creation, which has an index; the keys at both ends follow it closely.
        "(SELECT s.id FROM records_record s WHERE s.workspace_id = %s AND s.object_id = %s "
        "AND s.state = 'active'"
        f" ORDER BY s.created_at {direction}, s.id {direction} LIMIT 1)"
        for direction in ("DESC", "ASC")
    )
    tenant = _tenant(search)
    mark, mark_params = (
        ("txid_current_snapshot()::text", []) if is_postgresql() else _newest(search)
    )
    return (
        # LIMIT keeps the planner from inlining the choice, which is used twice and must run once.
        (
            f"SELECT CASE a.way {cases} END, a.way, {newest}, {oldest}, {mark} FROM (SELECT "
            f"{choice} AS way LIMIT 1) a"
        ),
        [
            *(param for _, more in counted for param in more),
            *tenant,
            *tenant,
            *mark_params,
            *params,
        ],
    )


def _choice(search: Search, found: Sequence[Way], known: Counted | None) -> Fragment:
    """The way to count by, as SQL: NULL where what is known still holds."""
    whens: list[str] = []
    params: list[Any] = []
    # First: where the known count holds, no way has to be probed.
    if known is not None:
        holds, proof = _still_holds(search, known)
        whens.append(f"WHEN {holds} THEN NULL")
        params += proof
    # The first way that is cheap enough wins; they are in the order of their cost.
    for at, way in enumerate(found):
        if way.few is not None:
            are_few, few_params = way.few
            whens.append(f"WHEN {are_few} THEN {at}")
            params += few_params
    return (f"CASE {' '.join(whens)} ELSE 0 END", params) if whens else ("0", [])


def _counted(way: Way, *, exact: bool) -> Fragment:
    source, params = way.matching
    return (
        f"SELECT count(*) {source}"
        if exact
        # A plan needs no more than this: above it, the walk is chosen anyway.
        else f"SELECT count(*) FROM (SELECT 1 {source} LIMIT {PROBED}) p",
        params,
    )


def _still_holds(search: Search, known: Counted) -> Fragment:
    """Whether nothing of the object has changed since a count, as SQL."""
    # One writer at a time: a newer row has a greater key. IS also compares the NULL of an empty
    # ledger.
    if not is_postgresql():
        newest, params = _newest(search)
        return f"{newest} IS %s", [*params, known.mark]
    # Ordered and limited, so the planner reads the index whatever its estimates. Rows restored from
    # another server's backup may have transaction numbers that this server has yet to assign.
    return (
        f"(SELECT count(*) < {MAX_SINCE} AND count(*) FILTER (WHERE NOT"
        " txid_visible_in_snapshot(n.transaction_id, CAST(%s AS txid_snapshot))) = 0"
        f" FROM (SELECT h.transaction_id {_LEDGER} AND h.transaction_id >= %s"
        " AND h.transaction_id < txid_snapshot_xmax(txid_current_snapshot())"
        f" ORDER BY h.transaction_id DESC LIMIT {MAX_SINCE}) n)"
    ), [known.mark, *_tenant(search), int(known.mark.split(":")[0])]


def _key(search: Search, source: str, params: Sequence[Any]) -> tuple[Any, ...] | None:
    """The same for two searches that match the same records; None if the object's ledger misses
    relevant changes."""
    # In a transaction the count may include rows that are rolled back later.
    if connection.in_atomic_block or not all(map(_is_in_ledger, search.conditions)):
        return None
    shown = repr(params)
    # Long queries are rare, and would fill the memory with keys.
    if len(source) + len(shown) > MAX_KEY:
        return None
    # The version too: a definition that changes can change what the same SQL should count.
    return search.schema.uuid, search.schema.version, source, shown


def _is_in_ledger(node: Node) -> bool:
    """Whether only writes to a record itself can change whether it meets a test.

    Links depend on the records at their other end; names and formulas on more than the record.
    """
    if isinstance(node, AllOf | AnyOf | NoneOf):
        return all(map(_is_in_ledger, node.children))
    fields = [node.field] if isinstance(node, Leaf) else node.fields
    return not any(
        spec.computed or spec.is_link or spec.mirror_of_id is not None for spec in fields
    )


def _newest(search: Search) -> Fragment:
    return f"(SELECT max(h.history_id) {_LEDGER})", _tenant(search)


def _tenant(search: Search) -> list[Any]:
    return [search.author.workspace.id, search.schema.id]
