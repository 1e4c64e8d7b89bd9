"""The register: every store is named once, and sweeping goes on where one store fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError

from records.services.retention import stores
from records.services.retention.stores import (
    OTHER_TABLES,
    STORES,
    Store,
    sweep_stores,
)

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def test_each_store_has_one_name_and_tables_of_its_own_kind() -> None:
    names = [store.name for store in STORES]
    assert sorted(set(names)) == sorted(names)
    held = {table for store in STORES for table in store.tables}
    assert not held & OTHER_TABLES.keys()
    assert all(store.holds for store in STORES)


def test_a_store_that_is_swept_or_cleared_of_orphans_says_after_how_long() -> None:
    at_once = {store.name for store in STORES if (store.sweep or store.orphans) and not store.after}
    # A count says itself when its time is over.
    assert at_once == {"counts for limits", "log of SQLite", "statistics of PostgreSQL"}


@pytest.mark.parametrize("problem", [DatabaseError("away"), OSError("full")])
def test_a_store_that_fails_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    swept: list[datetime] = []

    def fails(before: datetime) -> int:
        raise problem

    def works(before: datetime) -> int:
        swept.append(before)
        return 3

    tasks = next(store for store in STORES if store.name == "tasks")
    own = (Store("first", "x", sweep=fails), replace(tasks, sweep=works), Store("never", "x"))
    monkeypatch.setattr(stores, "STORES", own)
    assert sweep_stores(NOW) == {"tasks": 3}
    assert swept == [NOW - tasks.after]
