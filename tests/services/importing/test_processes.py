"""How many processes share an import."""

from __future__ import annotations

import os

import pytest
from django.db import connection, transaction

from records.services.database.sql import is_postgresql
from records.services.importing.processes import WORTH_SHARING, processes_for


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("rows", "wanted", "on_postgresql"),
    [
        (WORTH_SHARING, 3, 3),
        (WORTH_SHARING, 1, 1),
        (WORTH_SHARING, None, len(os.sched_getaffinity(0))),
        (WORTH_SHARING - 1, 3, 1),
        (0, None, 1),
    ],
)
def test_small_files_and_sqlite_have_one(rows: int, wanted: int | None, on_postgresql: int) -> None:
    assert processes_for(rows, wanted) == (on_postgresql if is_postgresql() else 1)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_is_shared_with_nobody() -> None:
    with transaction.atomic():
        assert connection.in_atomic_block
        assert processes_for(WORTH_SHARING, 3) == 1
