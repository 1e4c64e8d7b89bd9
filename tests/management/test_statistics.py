"""Whoever stores much lets PostgreSQL know; workers look for what many small writes have stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from records.services.database.sql import execute, fetch, is_postgresql
from records.services.jobs import bulk_jobs as bulk
from records.services.jobs.bulk_jobs import start_bulk_change
from records.services.storage import statistics
from records.services.storage.integrity import reindex
from records.services.storage.statistics import refresh_outdated_statistics, refresh_statistics
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import Caller, entries, make_object
from tests.services.acting import write_all
from tests.services.importing.running import Importing
from tests.services.shop import uuids

ROWS = 120
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rows(transactional_db: None, workspace: Caller) -> list[str]:
    """Records of a database that has never been analyzed; their UUIDs."""
    if is_postgresql():  # pages of rows that earlier tests have deleted count as the tables' size
        execute(f"TRUNCATE {', '.join(statistics.TABLES)} CASCADE")
    make_object(workspace, "Rows")
    made = [SaveRequest(Mode.CREATE, entries=entries({"name": f"row {at}"})) for at in range(ROWS)]
    keys = uuids(write_all(workspace, "rows", *made))
    forget()
    return keys


def forget() -> None:
    if is_postgresql():
        names = [list(statistics.TABLES)]
        execute("UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relname = ANY(%s)", names)


def known() -> int:
    """How many records PostgreSQL thinks there are; as many as there are on SQLite, which needs not
    know."""
    if not is_postgresql():
        return ROWS
    return int(fetch("SELECT reltuples FROM pg_class WHERE relname = %s", ["records_record"])[0][0])


def test_a_bulk_job_of_several_batches_refreshes_them(
    workspace: Caller, rows: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 50)
    start_bulk_change(
        workspace.author, workspace.schema("rows"), "name", "same", "overwrite", rows[:100]
    )
    assert known() == ROWS


def test_reindexing_many_records_refreshes_them(
    workspace: Caller, rows: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "MANY", ROWS)
    assert reindex(workspace.workspace) == ROWS
    assert known() == ROWS


def test_an_import_of_many_records_refreshes_them(
    workspace: Caller, rows: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(statistics, "MANY", 30)
    Importing(workspace, tmp_path)("rows", "name\n" + "".join(f"more {at}\n" for at in range(30)))
    assert known() == (ROWS + 30 if is_postgresql() else ROWS)


def grow(workspace: Caller) -> None:
    """Write until the index is bigger than what is read whole in any case."""
    for part in range(4):
        names = [f"{'x' * 200} {part} {at}" for at in range(200)]
        made = [SaveRequest(Mode.CREATE, entries=entries({"name": name})) for name in names]
        write_all(workspace, "rows", *made)


def test_a_worker_refreshes_what_small_writes_have_filled_and_once(
    workspace: Caller, rows: list[str]
) -> None:
    assert refresh_outdated_statistics() is False  # a few pages
    grow(workspace)
    assert refresh_outdated_statistics() is is_postgresql()
    assert known() == (ROWS + 800 if is_postgresql() else ROWS)
    assert refresh_outdated_statistics() is False


def test_a_role_that_may_not_analyze_goes_on(workspace: Caller, rows: list[str]) -> None:
    if is_postgresql():
        execute("SET ROLE pg_read_all_data")
    try:
        refresh_statistics()
    finally:
        if is_postgresql():
            execute("RESET ROLE")
    assert known() == (-1 if is_postgresql() else ROWS)
