"""SQLite's write-ahead log, which holds pages as they were before; the file itself is overwritten by each deletion."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection

from .sql import fetch, is_postgresql

_log = logging.getLogger(__name__)


def clear_log(patience: int = 0) -> None:
    """Empty the log, unless somebody reads from it for longer than `patience` milliseconds.

    Writers wait meanwhile, so this never takes the time that a connection otherwise has. The sweeper tries again.
    """
    if is_postgresql() or connection.in_atomic_block:
        return
    ((usual,),) = fetch("PRAGMA busy_timeout")
    try:
        fetch(f"PRAGMA busy_timeout = {int(patience)}")
        fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    except DatabaseError as problem:
        _log.info("The log of the database is in use: %s", problem)
    finally:
        fetch(f"PRAGMA busy_timeout = {int(usual)}")
