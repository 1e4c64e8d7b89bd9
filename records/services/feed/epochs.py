"""Which history the database has, and how far it is final.

Of what transactions under way may still add, nothing is served: see docs/decisions/feed-order.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from records.exceptions import Unavailable
from records.services.database import execute, fetch, is_postgresql, uuid_param, uuid_text

from .cursors import BEGINNING, Cursor, expired

LEDGER = "records_historicalrecord"
HISTORIES = (
    "records_historicalobjecttype",
    "records_historicalfieldcategory",
    "records_historicalfield",
    "records_historicalfieldoption",
)
EVERYTHING = 2**62
_FULL = 1 << 32  # transaction numbers in locks are these bits of the whole ones
_SYSTEM = "(SELECT system_identifier::text FROM pg_control_system())"
_TABLES = [LEDGER, *HISTORIES]
# The transactions that have written to the tables of the feed, and have not ended.
_UNDER_WAY = (
    "WITH l AS MATERIALIZED (SELECT locktype, mode, database, relation, transactionid,"
    " virtualtransaction, pid FROM pg_locks WHERE granted)"
    " SELECT array_agg(DISTINCT x.transactionid::text::bigint) FROM l w"
    " JOIN l x ON x.virtualtransaction = w.virtualtransaction AND x.pid = w.pid"
    " WHERE w.locktype = 'relation' AND w.mode = 'RowExclusiveLock'"
    " AND w.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND w.relation = ANY(%s::text[]::regclass[]) AND x.locktype = 'transactionid'"
    " AND x.mode = 'ExclusiveLock'"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of the feed when a page of it is read. Rows at or behind `horizon` may not be
    final."""

    epoch: bytes
    horizon: int
    newest_object: int
    newest_field: int


def read_standing(workspace_id: int, after: Cursor | None, *, final: bool = False) -> Standing:
    """The state of the feed; one statement. `final`: nothing behind the horizon, not even what this
    transaction has written.

    Gone where the cursor is of another history than this database has. Unavailable where the rows
    have the positions of another cluster, until `migrate` has numbered them.
    """
    row = _fetch_standing(workspace_id, after)
    if row[0] is None:
        _begin_epoch()
        row = _fetch_standing(workspace_id, after)
    epoch, said, system, newest_object, newest_field, operation, erased, below, under_way = row
    if said != system:
        raise Unavailable(
            "The database was copied from another server: run manage.py migrate, which puts the "
            "change feed in order.",
            "feed_not_ready",
        )
    standing = Standing(
        UUID(uuid_text(epoch)).bytes[:8],
        _horizon(below, under_way, final=final),
        newest_object or 0,
        newest_field or 0,
    )
    if after is not None:
        _check(after, standing, operation, erased=bool(erased))
    return standing


def _check(after: Cursor, standing: Standing, operation: Any, *, erased: bool) -> None:
    """Gone unless the ledger still has the row at which the cursor stands, or that row was deleted
    with its record."""
    if after.epoch != standing.epoch:
        raise expired("The database was restored or moved since the cursor was made.")
    if after.ledger == BEGINNING:
        return
    found = None if operation is None else mark_of(operation)
    if found != after.operation and not (operation is None and erased):
        raise expired("The database was restored to an earlier state.")


def mark_of(operation: Any) -> bytes:
    """What a cursor keeps of the operation of a row."""
    return UUID(uuid_text(operation)).bytes[-4:]


def _fetch_standing(workspace_id: int, after: Cursor | None) -> tuple[Any, ...]:
    place, record = (BEGINNING, 0) if after is None else (after.ledger, after.record)
    here = " AND h.feed_position = %s" if is_postgresql() else ""
    below, under_way = (
        ("txid_snapshot_xmax(txid_current_snapshot())", f"({_UNDER_WAY})")
        if is_postgresql()
        else ("NULL", "NULL")
    )
    (row,) = fetch(
        f"SELECT e.epoch, e.system, {_system()},"
        " (SELECT max(id) FROM records_objecttype WHERE workspace_id = %s),"
        " (SELECT max(id) FROM records_field WHERE workspace_id = %s),"
        f" (SELECT h.operation_id FROM {LEDGER} h WHERE h.workspace_id = %s AND h.history_id = %s"
        f"{here}), EXISTS (SELECT 1 FROM {LEDGER} h WHERE h.workspace_id = %s AND h.id = %s"
        f" AND h.action = 'deleted'), {below}, {under_way}"
        " FROM (SELECT 1) AS one LEFT JOIN records_feedepoch e ON e.id = 1",
        [
            workspace_id,
            workspace_id,
            workspace_id,
            place.key,
            *([place.position] if is_postgresql() else []),
            workspace_id,
            record,
            *([_TABLES] if is_postgresql() else []),
        ],
    )
    return row


def read_horizon() -> int:
    """Below which position every row of the feed is final; one statement."""
    if not is_postgresql():
        return EVERYTHING
    ((below, under_way),) = fetch(
        f"SELECT txid_snapshot_xmax(txid_current_snapshot()), ({_UNDER_WAY})", [_TABLES]
    )
    return _horizon(below, under_way)


def _horizon(below: int | None, under_way: list[int] | None, *, final: bool = False) -> int:
    # Who reads in a transaction of their own sees what they have written in it.
    if below is None or (connection.in_atomic_block and not final):
        return EVERYTHING
    return min([below, *(_whole(number, below) for number in under_way or ())])


def _whole(number: int, near: int) -> int:
    """A transaction's number from its low bits: the one that is nearest to another number."""
    candidate = near - near % _FULL + number
    if candidate > near + _FULL // 2:
        return candidate - _FULL
    return candidate + _FULL if candidate < near - _FULL // 2 else candidate


def _system() -> str:
    """The cluster that the database is in; it is nobody's where there are none."""
    return _SYSTEM if is_postgresql() else "''"


def _begin_epoch() -> None:
    execute(
        "INSERT INTO records_feedepoch (id, epoch, system) VALUES (1, %s, "
        f"{_system()}) ON CONFLICT (id) DO NOTHING",
        [uuid_param(uuid4())],
    )


def renew_feed() -> bool:
    """Put the feed in order where the database was copied from another PostgreSQL cluster, whose
    transaction numbers mean nothing here: begin a new epoch, with all rows in the order of their
    keys. Whether that was so."""
    if not is_postgresql():
        return False
    if not _is_of_another_cluster():
        return False
    with transaction.atomic():
        # Writers wait: what they write belongs behind what there is.
        execute(f"LOCK TABLE {', '.join((LEDGER, *HISTORIES))} IN SHARE ROW EXCLUSIVE MODE")
        if not _is_of_another_cluster():  # somebody else has done it meanwhile
            return False
        for table in (LEDGER, *HISTORIES):
            execute(
                f"UPDATE {table} SET feed_position = 0 WHERE feed_position <> 0"
                " AND workspace_id IN (SELECT id FROM records_workspace)"
            )
        execute("DELETE FROM records_feedepoch")
        _begin_epoch()
    return True


def _is_of_another_cluster() -> bool:
    return bool(fetch(f"SELECT 1 FROM records_feedepoch WHERE system <> {_SYSTEM}"))
