"""SQLite's write-ahead log, which holds pages as they were before; the file itself is overwritten by each deletion."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection

from .sql import fetch, is_postgresql

_log = logging.getLogger(__name__)


def clear_log() -> None:
    """Empty the log, once those who read from it have ended."""
    if not is_postgresql() and not connection.in_atomic_block:
        fetch("PRAGMA wal_checkpoint(TRUNCATE)")


def clear_log_at_once() -> None:
    """Empty the log if nobody is at it; who waits for nobody holds nobody up. The sweeper comes by later."""
    if is_postgresql() or connection.in_atomic_block:
        return
    ((patience,),) = fetch("PRAGMA busy_timeout")
    try:
        fetch("PRAGMA busy_timeout = 0")
        clear_log()
    except DatabaseError as problem:
        _log.info("The log of the database is in use: %s", problem)
    finally:
        fetch(f"PRAGMA busy_timeout = {int(patience)}")
