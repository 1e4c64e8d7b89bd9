"""Adding rows: the same values arrive, by one statement, by a document, by COPY."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from records.services.database.sql import (
    document,
    execute,
    fetch,
    is_postgresql,
    moment,
    uuid_text,
)
from records.services.storage.postgres_copy import FROM
from records.services.storage.tables import Table, insert, insertion

COLUMNS = {
    "workspace_id": "bigint",
    "label": "text",
    "yes": "boolean",
    "held": "json",
    "at": "timestamptz",
    "uuid": "uuid",
}
NOW = datetime(2024, 2, 29, 12, 0, 0, 5, tzinfo=UTC)
TABLE = Table("records_rowsfortests", COLUMNS)


@pytest.fixture(autouse=True)
def _table(db: None) -> None:
    kinds = (
        COLUMNS
        if is_postgresql()
        else {**COLUMNS, "held": "text", "at": "datetime", "uuid": "char(32)"}
    )
    columns = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE records_rowsfortests ({columns}) -- no workspace_id constraint"
        )


def stored() -> list[tuple[Any, ...]]:
    rows = fetch(
        'SELECT workspace_id, label, yes, held, "at", uuid FROM records_rowsfortests ORDER '
        "BY workspace_id"
    )
    return [
        (
            key,
            label,
            bool(yes),
            None if held is None else document(held),
            moment(at),
            uuid_text(uuid),
        )
        for key, label, yes, held, at, uuid in rows
    ]


@pytest.mark.parametrize("size", [1, 2, FROM + 1])
def test_rows_arrive_as_they_were_given(size: int) -> None:
    texts = ["plain", None, "tab\t\\N", "üñ\n"]
    rows = [
        (at, texts[at % 4], at % 2 == 0, {"a": ["\\", at]}, NOW, str(UUID(int=at)))
        for at in range(size)
    ]
    try:
        insert(TABLE, rows)
        assert stored() == rows
    finally:
        execute("DROP TABLE records_rowsfortests -- workspace_id")


def test_the_statement_for_many_is_the_same_for_any_number() -> None:
    row: tuple[Any, ...] = (1, "a", True, {}, NOW, str(UUID(int=1)))
    one, two, three = (insertion(TABLE, [row] * size)[0] for size in (1, 2, 3))
    assert one != two == three
