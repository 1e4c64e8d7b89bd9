"""Kept connections: a dead one is replaced, one in a transaction is left alone."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from records.services.database.connections import (
    drop_dead_connection,
    is_in_transaction,
    replace_connection,
)
from records.services.database.sql import fetch_value, is_postgresql

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_live_connection_is_kept() -> None:
    connection.ensure_connection()
    kept = connection.connection
    drop_dead_connection()
    assert connection.connection is kept


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    if not is_postgresql():
        pytest.skip("SQLite has no server")
    backend = fetch_value("SELECT pg_backend_pid()")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(CAST(%s AS integer), 10000)", [backend])
    finally:
        other.close()
    drop_dead_connection()
    assert fetch_value("SELECT pg_backend_pid()") != backend


def test_a_replaced_connection_opens_again() -> None:
    connection.ensure_connection()
    replace_connection()
    assert fetch_value("SELECT 1") == 1


def test_a_connection_in_a_transaction_is_not_replaced() -> None:
    assert not is_in_transaction()
    with transaction.atomic():
        assert is_in_transaction()
        kept = connection.connection
        replace_connection()
        assert connection.connection is kept
