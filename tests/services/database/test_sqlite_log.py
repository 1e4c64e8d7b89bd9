"""Emptying SQLite's log, and the connection's timeout afterwards."""

from __future__ import annotations

import pytest

from records.services.database.sql import fetch_value, is_postgresql
from records.services.database.sqlite_log import clear_log
from tests.services.acting import statements


@pytest.mark.django_db(transaction=True)
def test_the_timeout_of_the_connection_is_as_before() -> None:
    if is_postgresql():
        pytest.skip("PostgreSQL has no such log")
    usual = fetch_value("PRAGMA busy_timeout")
    with statements() as seen:
        clear_log(7)
    assert "PRAGMA busy_timeout = 7" in seen
    assert "PRAGMA wal_checkpoint(TRUNCATE)" in seen
    assert fetch_value("PRAGMA busy_timeout") == usual


@pytest.mark.django_db
def test_nothing_is_emptied_inside_a_transaction() -> None:
    with statements() as seen:
        clear_log()
    assert seen == []
