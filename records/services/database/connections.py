"""Connections that are kept between requests: dead ones are replaced before they are used."""

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

    Asks the operating system, not the database, so checking a kept connection costs no statement.
    """
    database = connections[DEFAULT_DB_ALIAS]
    # In a transaction, a new connection would lose what was done so far.
    if database.vendor != "postgresql" or database.connection is None or database.in_atomic_block:
        return
    if _was_closed(database):
        logger.info("Replacing a database connection that had died.")
        replace_connection()


def replace_connection() -> None:
    """Close this thread's connection, unless in a transaction; the next statement opens another."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.in_atomic_block:
        return
    # Closing a dead connection may fail, too; Django then keeps it.
    with suppress(Error):
        database.close()
    database.connection = None
    if pool := getattr(database, "pool", None):
        pool.check()  # connections waiting in the pool died too


def close_connections() -> None:
    """Close this thread's connections and their pools, as before a fork: two processes would mix
    their messages on one socket."""
    for opened in connections.all(initialized_only=True):
        opened.close()
        # Only PostgreSQL's has pools; its class is not asked for, which would load the driver.
        if close_pool := getattr(opened, "close_pool", None):
            close_pool()


def is_in_transaction() -> bool:
    """Whether this thread has an open transaction, which cannot continue after its connection is
    lost."""
    return connections[DEFAULT_DB_ALIAS].in_atomic_block


def _was_closed(database: BaseDatabaseWrapper) -> bool:
    """Whether the server has sent anything: on an idle connection that can only be its end."""
    raw: Any = database.connection
    if raw.closed:
        return True
    watched = select.poll()
    watched.register(raw.fileno(), select.POLLIN)
    return bool(watched.poll(0))
