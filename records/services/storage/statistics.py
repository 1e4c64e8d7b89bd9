"""What PostgreSQL knows of how much the tables hold, and of what.

Autovacuum comes late, or never where it is off. So whoever stores much in one go refreshes the statistics at the end,
and workers look for tables that many small writes have filled since. Searches are safe without; with statistics they
are faster, and plans kept for a nearly empty table are replaced. SQLite needs none: measured with and without over
random searches, they change nothing.
"""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection

from records.services.sql import execute, fetch, is_postgresql

TABLES = ("records_record", "records_fieldvalue", "records_historicalrecord")
MANY = 500  # records stored in one go

# Pages on disk against those at the last look, none where there was none; a few pages are read whole in any case.
_GROWN = (
    "SELECT count(*) FROM pg_class c WHERE c.oid = ANY(%s::regclass[])"
    " AND pg_relation_size(c.oid) / current_setting('block_size')::bigint >= 2 * c.relpages + 16"
)

_log = logging.getLogger(__name__)


def refresh_statistics() -> None:
    """Let PostgreSQL plan with what is stored now, while others write; not inside a transaction.

    Where that is not possible, searches are slower, no more: a role that may not analyze is only warned, and a table
    that somebody else is analyzing is left to them.
    """
    if is_postgresql() and not connection.in_atomic_block:
        try:
            execute(f"ANALYZE (SKIP_LOCKED) {', '.join(TABLES)}")
        except DatabaseError as problem:
            _log.warning("The tables could not be analyzed: %s", str(problem).strip())


def refresh_after(stored: int) -> None:
    """Refresh the statistics where one piece of work has stored many records."""
    if stored >= MANY:
        refresh_statistics()


def refresh_outdated_statistics() -> bool:
    """Refresh the statistics if a table has grown to twice the size they are of; whether one had.

    At the price of one look at the catalog, for those who come by regularly.
    """
    grown = is_postgresql() and fetch(_GROWN, [list(TABLES)])[0][0] > 0
    if grown:
        refresh_statistics()
    return grown
