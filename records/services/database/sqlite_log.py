"""SQLite's write-ahead log, which keeps former pages; deletions overwrite only the database file
itself."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection

from .sql import fetch, is_postgresql

_log = logging.getLogger(__name__)


def clear_log(patience: int = 0) -> None:
    """Empty the log, unless a reader holds it for longer than `patience` milliseconds.

    Writers are blocked in the meantime, so this waits far less than a connection's usual timeout.
    The sweeper tries again.
    """
    # A checkpoint is impossible inside a transaction.
    if is_postgresql() or connection.in_atomic_block:
        return
    ((usual,),) = fetch("PRAGMA busy_timeout")
    try:
        fetch(f"PRAGMA busy_timeout = {int(patience)}")
        # TRUNCATE, because the other modes leave the former pages in the file.
        fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    except DatabaseError as problem:
        _log.info("The log of the database is in use: %s", problem)
    finally:
        fetch(f"PRAGMA busy_timeout = {int(usual)}")
