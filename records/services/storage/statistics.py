"""PostgreSQL's statistics of the tables.

Autovacuum runs late, or never where it is off. So large writes refresh the statistics when they
end, and workers look for tables that many small writes have filled since. Searches work without
statistics; with them they are faster, and plans cached for a nearly empty table are replaced.
SQLite needs none: in random searches measured with and without them they made no difference.
"""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection

from records.services.database import execute, fetch_value, is_postgresql

TABLES = (
    "records_record",
    "records_fieldvalue",
    "records_stagetime",
    "records_historicalrecord",
)
MANY = 500  # records stored in one go

# Pages on disk compared with those when last analyzed (0 if never). Tables of a few pages are
# always read whole.
_GROWN = (
    "SELECT count(*) FROM pg_class c WHERE c.oid = ANY(%s::regclass[])"
    " AND pg_relation_size(c.oid) / current_setting('block_size')::bigint >= 2 * c.relpages + 16"
)

_log = logging.getLogger(__name__)


def refresh_statistics() -> None:
    """Let PostgreSQL plan with what is stored now, while others write; not inside a transaction.

    A failure only makes searches slower: a role that may not analyze gets a warning, and tables
    that another session is analyzing are skipped.
    """
    if is_postgresql() and not connection.in_atomic_block:
        try:
            execute(f"ANALYZE (SKIP_LOCKED) {', '.join(TABLES)}")
        except DatabaseError as problem:
            _log.warning("The tables could not be analyzed: %s", str(problem).strip())


def refresh_after(stored: int) -> None:
    """Refresh the statistics if one piece of work has stored many records."""
    if stored >= MANY:
        refresh_statistics()


def refresh_outdated_statistics() -> bool:
    """Refresh the statistics if a table has doubled in size since they were taken; whether one had.

    Costs one query of the catalog, so it can be called regularly.
    """
    grown = is_postgresql() and fetch_value(_GROWN, [list(TABLES)]) > 0
    if grown:
        refresh_statistics()
    return grown
