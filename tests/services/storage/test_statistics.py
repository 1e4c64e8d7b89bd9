"""When PostgreSQL's statistics are refreshed, and that a transaction is not disturbed."""

from __future__ import annotations

import pytest

from records.services.database.sql import execute, is_postgresql
from records.services.storage.statistics import (
    MANY,
    TABLES,
    refresh_after,
    refresh_outdated_statistics,
)
from tests.services.acting import statements


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("stored", "refreshed"), [(0, False), (MANY - 1, False), (MANY, True)])
def test_only_much_work_refreshes_them(stored: int, refreshed: bool) -> None:
    with statements() as seen:
        refresh_after(stored)
    assert any(sql.startswith("ANALYZE") for sql in seen) is (refreshed and is_postgresql())


@pytest.mark.django_db
def test_nothing_is_refreshed_inside_a_transaction() -> None:
    with statements() as seen:
        refresh_after(MANY)
    assert seen == []


@pytest.mark.django_db(transaction=True)
def test_small_tables_are_not_outdated() -> None:
    if is_postgresql():
        execute(f"ANALYZE {', '.join(TABLES)}")
    assert not refresh_outdated_statistics()
