"""How many records match: counted, and remembered for as long as no record of the object changes.

Counting is the one part of a search that grows with the records, so what was counted is kept, with a mark: the moment
of the ledger it was counted at. The statement that would count the same again first looks whether the ledger has a row
of the object from after that moment, and counts only if so. The page is planned by a count that holds in any case.

On PostgreSQL the mark is the snapshot of the counting statement, as keys are not given in the order of commits. On
SQLite, where one writes at a time, it is the object's newest row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from .caches import Cache
from .filters import AllOf, AnyOf, Leaf, Node
from .search_matches import Search, Way, ways
from .sql import Fragment, fetch, is_postgresql

PROBED = 5000
MAX_SINCE = 10  # ledger rows that are looked at to see whether a count still holds; with more it does not
MAX_KEY = 4000  # characters
_kept = Cache(2000)
_LEDGER = "FROM records_historicalrecord h WHERE h.workspace_id = %s AND h.object_id = %s"


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records match, an upper bound of the object's records, when they were counted, and in which way."""

    matches: int
    size: int
    mark: Any
    way: int = 0


def count(search: Search, *, exact: bool) -> Counted:
    """Count the matches, at most `PROBED` of them unless exact; not again where nothing has changed."""
    found = ways(search)
    key = _key(search, *found[0].matching) if exact else None
    known: Counted | None = _kept.get(key) if key else None
    choice, params = _choice(search, found, known)
    counted = [_counted(way, exact=exact) for way in found]
    cases = " ".join(f"WHEN {at} THEN ({sql})" for at, (sql, _) in enumerate(counted))
    # The keys of the newest and the oldest record bound their number, at the price of two look-ups.
    newest, oldest = (
        "(SELECT s.id FROM records_record s WHERE s.workspace_id = %s AND s.object_id = %s AND s.state = 'active'"
        f" ORDER BY s.created_at {direction}, s.id {direction} LIMIT 1)"
        for direction in ("DESC", "ASC")
    )
    tenant = _tenant(search)
    mark, mark_params = ("txid_current_snapshot()::text", []) if is_postgresql() else _newest(search)
    rows = fetch(
        f"SELECT CASE a.way {cases} END, a.way, {newest}, {oldest}, {mark} FROM (SELECT {choice} AS way LIMIT 1) a",
        [*(param for _, more in counted for param in more), *tenant, *tenant, *mark_params, *params],
    )
    matches, way, last, first, mark = rows[0]
    if known is not None and way is None:
        return known
    made = Counted(matches, 0 if last is None else abs(last - first) + 1, mark, way)
    if key:
        _kept.put(key, made)
    return made


def _choice(search: Search, found: Sequence[Way], known: Counted | None) -> Fragment:
    """Which way to count, as SQL: none where what is known still holds."""
    cases = [(at, way.few) for at, way in enumerate(found) if way.few is not None]
    whens = [f"WHEN {few[0]} THEN {at}" for at, few in cases]
    params = [param for _, few in cases for param in few[1]]
    if known is not None:
        holds, proof = _still_holds(search, known)
        whens, params = [f"WHEN {holds} THEN NULL", *whens], [*proof, *params]
    return (f"CASE {' '.join(whens)} ELSE 0 END", params) if whens else ("0", [])


def _counted(way: Way, *, exact: bool) -> Fragment:
    source, params = way.matching
    return (
        f"SELECT count(*) {source}" if exact else f"SELECT count(*) FROM (SELECT 1 {source} LIMIT {PROBED}) p",
        params,
    )


def _still_holds(search: Search, known: Counted) -> Fragment:
    """Whether nothing of the object has changed between a count and the statement that this is a part of, as SQL."""
    if not is_postgresql():
        newest, params = _newest(search)
        return f"{newest} IS %s", [*params, known.mark]
    # In order and limited, so that the planner reads the index whatever it expects. Rows from another server's backup
    # may have numbers that this one has yet to give.
    return (
        f"(SELECT count(*) < {MAX_SINCE} AND count(*) FILTER (WHERE NOT"
        " txid_visible_in_snapshot(n.transaction_id, CAST(%s AS txid_snapshot))) = 0"
        f" FROM (SELECT h.transaction_id {_LEDGER} AND h.transaction_id >= %s"
        " AND h.transaction_id < txid_snapshot_xmax(txid_current_snapshot())"
        f" ORDER BY h.transaction_id DESC LIMIT {MAX_SINCE}) n)"
    ), [known.mark, *_tenant(search), int(known.mark.split(":")[0])]


def _key(search: Search, source: str, params: Sequence[Any]) -> tuple[Any, ...] | None:
    """What two searches that match the same records share; None where the object's ledger does not tell of changes."""
    if connection.in_atomic_block or not all(map(_is_in_ledger, search.conditions)):
        return None
    shown = repr(params)
    if len(source) + len(shown) > MAX_KEY:
        return None
    return search.schema.uuid, search.schema.version, source, shown


def _is_in_ledger(node: Node) -> bool:
    """Whether records come to meet a test, or cease to, by writes to themselves alone.

    Links depend on the records at their other end, names and formulas on more than the record.
    """
    if isinstance(node, AllOf | AnyOf):
        return all(map(_is_in_ledger, node.children))
    fields = [node.field] if isinstance(node, Leaf) else node.fields
    return not any(spec.computed or spec.relation_kind or spec.mirror_of_id is not None for spec in fields)


def _newest(search: Search) -> Fragment:
    return f"(SELECT max(h.history_id) {_LEDGER})", _tenant(search)


def _tenant(search: Search) -> list[Any]:
    return [search.author.workspace.id, search.schema.id]
