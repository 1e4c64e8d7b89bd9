"""Connections that are kept between requests: dead ones are replaced before anyone uses them."""

from __future__ import annotations

import logging
import select
from contextlib import suppress
from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)


def drop_dead_connection(**_: Any) -> None:
    """Close this thread's connection if the server has closed it.

    Asks the operating system, not the database: a kept connection costs no statement to be trusted.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql" or database.connection is None or database.in_atomic_block:
        return
    if _was_closed(database):
        logger.info("Replacing a database connection that had died.")
        replace_connection()


def replace_connection() -> None:
    """Close this thread's connection outside of a transaction, so that the next statement opens another."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.in_atomic_block:
        return
    with suppress(Error):
        database.close()
    database.connection = None
    if pool := getattr(database, "pool", None):
        pool.check()  # those that wait in the pool died with it


def is_in_transaction() -> bool:
    """Whether this thread has a transaction open, which cannot go on when its connection is lost."""
    return connections[DEFAULT_DB_ALIAS].in_atomic_block


def _was_closed(database: BaseDatabaseWrapper) -> bool:
    """Whether the server has sent anything: to an idle connection it has only its end to tell."""
    raw: Any = database.connection
    if raw.closed:
        return True
    watched = select.poll()
    watched.register(raw.fileno(), select.POLLIN)
    return bool(watched.poll(0))
