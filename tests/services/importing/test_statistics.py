"""A big import tells PostgreSQL how the tables grow, and does not depend on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from records.services.database.sql import execute, fetch, is_postgresql
from records.services.importing import chunks as parts
from tests.factories import Caller, make_object
from tests.services.acting import differences

from .running import Importing

ROWS = "name\n" + "".join(f"row {at}\n" for at in range(30))
TABLES = ("records_record", "records_fieldvalue", "records_historicalrecord")


@pytest.fixture
def importing(transactional_db: None, workspace: Caller, tmp_path: Path) -> Importing:
    make_object(workspace, "Rows")
    return Importing(workspace, tmp_path)


@contextmanager
def nobody_may_analyze() -> Iterator[None]:
    """Another session holds the locks that ANALYZE needs and writing does not; who waits for them
    fails soon."""
    execute("SET lock_timeout = 50")
    name = connection.settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=name) as other:
        other.execute(f"LOCK TABLE {', '.join(TABLES)} IN SHARE UPDATE EXCLUSIVE MODE")
        yield
    execute("SET lock_timeout = 0")


@pytest.mark.parametrize("allowed", [True, False], ids=["allowed", "refused"])
def test_the_tables_are_analyzed_while_they_grow(
    importing: Importing, monkeypatch: pytest.MonkeyPatch, allowed: bool
) -> None:
    monkeypatch.setattr(parts, "STATISTICS_AT", (20,))
    before = sizes() if is_postgresql() else []
    with nobody_may_analyze() if is_postgresql() and not allowed else nullcontext():
        assert importing.counts("rows", ROWS, batch_size=10) == (30, 0, 0, 0)

    assert differences(importing.caller) == []
    if is_postgresql():
        assert sizes() == ([20, 40, 20] if allowed else before)


def sizes() -> list[int]:
    """How many rows the planner thinks there are in each table."""
    rows: list[Any] = fetch(
        "SELECT relname, reltuples FROM pg_class WHERE relname = ANY(%s)", [list(TABLES)]
    )
    return [int(dict(rows)[name]) for name in TABLES]
