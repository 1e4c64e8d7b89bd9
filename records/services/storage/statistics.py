"""What the database knows of how much the tables hold, and of what.

Autovacuum comes late, or never where it is off. So whoever stores much in one go refreshes the statistics at the end,
and workers look for tables that have grown since, by whatever many small writes. Searches are planned to be safe
without; with statistics they are faster, and plans kept for a nearly empty table are made anew.
"""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection

from records.services.sql import execute, fetch, is_postgresql

TABLES = ("records_record", "records_fieldvalue", "records_historicalrecord")
MANY = 500  # records stored in one go
ROWS_READ = 1000  # of each index, by SQLite

# Pages on disk against those at the last look; a table of a few pages is read whole in any case.
_GROWN = (
    "SELECT count(*) FROM pg_class c WHERE c.oid = ANY(%s::regclass[])"
    " AND pg_relation_size(c.oid) / current_setting('block_size')::bigint >= 2 * c.relpages + 16"
)
_ROWS_KNOWN = "SELECT stat FROM sqlite_stat1 WHERE tbl = %s LIMIT 1"
_ROWS = "SELECT seq FROM sqlite_sequence WHERE name = %s"
LEDGER = "records_historicalrecord"

_log = logging.getLogger(__name__)


def refresh_statistics() -> None:
    """Let the database plan with what is stored now, while others write; not inside a transaction.

    Where that is not possible, searches are slower, no more: a role that may not analyze is only warned, and a table
    that somebody else is analyzing is left to them.
    """
    if connection.in_atomic_block:
        return
    try:
        if is_postgresql():
            execute(f"ANALYZE (SKIP_LOCKED) {', '.join(TABLES)}")
            return
        execute(f"PRAGMA analysis_limit = {ROWS_READ}")
        for table in TABLES:
            execute(f"ANALYZE {table}")
    except DatabaseError as problem:
        _log.warning("The tables could not be analyzed: %s", str(problem).strip())


def refresh_after(stored: int) -> None:
    """Refresh the statistics where one piece of work has stored many records."""
    if stored >= MANY:
        refresh_statistics()


def refresh_outdated_statistics() -> bool:
    """Refresh the statistics if the tables have grown to twice the size they are of; whether they had.

    At the price of one look at the catalogue, for those who come by regularly.
    """
    grown = bool(fetch(_GROWN, [list(TABLES)])[0][0]) if is_postgresql() else _has_grown_on_sqlite()
    if grown:
        refresh_statistics()
    return grown


def _has_grown_on_sqlite() -> bool:
    """By the ledger, which has a row for each write."""
    analyzed = fetch("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")
    known = fetch(_ROWS_KNOWN, [LEDGER]) if analyzed else []
    rows = fetch(_ROWS, [LEDGER])
    return bool(rows) and rows[0][0] >= 2 * (int(known[0][0].split()[0]) if known else 0) + ROWS_READ
