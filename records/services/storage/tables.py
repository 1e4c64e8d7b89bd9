"""Adding rows to a table on either engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson
from django.db import connection

from records.rehearsal import rehearsal
from records.services.database import (
    Fragment,
    document_param,
    execute,
    in_ids,
    is_postgresql,
    moment_param,
    number_param,
)

from .postgres_copy import FROM as COPY_FROM
from .postgres_copy import copy_rows
from .rows import Stamp

Values = Sequence[Any]


class Table:
    """A table, its columns and their PostgreSQL types, and the statements that fill it on either
    engine.

    `key` is the column whose values the database gives.
    """

    def __init__(
        self, name: str, columns: Mapping[str, str], suffix: str = "", key: str | None = None
    ) -> None:
        self.name = name
        self.columns = columns
        self.key = key
        self.only_adds = not suffix
        names = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join(["%s"] * len(columns))
        cells = ", ".join(picked(at, kind) for at, kind in enumerate(columns.values()))
        self.by_row = f"INSERT INTO {name} ({names}) VALUES ({marks}){suffix}"
        self.by_document = (
            f"INSERT INTO {name} ({names}) SELECT {cells} FROM jsonb_array_elements(%s::jsonb) "
            f"e{suffix}"
        )

    @cached_property
    def keyed(self) -> Table:
        """The table with its key before the other columns."""
        return Table(self.name, {str(self.key): "bigint", **self.columns})


def _rehearsed(table: Table, rows: Sequence[Values]) -> tuple[Table, Sequence[Values]]:
    """Where it is a rehearsal, rows with keys of their own: a sequence would not be rolled back."""
    rehearsed = rehearsal()
    if rehearsed is None or table.key is None:
        return table, rows
    return table.keyed, [(key, *row) for key, row in zip(rehearsed.small_keys, rows, strict=False)]


def picked(at: int, kind: str) -> str:
    """One column of the row `e` of a JSON document, in its PostgreSQL type."""
    return f"(e->{at})::json" if kind == "json" else f"(e->>{at})::{kind}"


def insert(table: Table, rows: Sequence[Values]) -> None:
    """Add rows. Their values are plain: numbers and texts, UUIDs, datetimes; a JSON column takes
    any value."""
    table, rows = _rehearsed(table, rows)
    if is_postgresql():
        if len(rows) >= COPY_FROM and table.only_adds:  # COPY cannot overwrite
            copy_rows(table.name, table.columns, rows)
        else:
            execute(*_insertion(table, rows))
        return
    kinds = list(table.columns.values())
    with connection.cursor() as cursor:
        cursor.executemany(table.by_row, [list(map(_sqlite_value, kinds, row)) for row in rows])


def insertion(table: Table, rows: Sequence[Values]) -> Fragment:
    """The statement that adds rows on PostgreSQL; its text is the same for any number of rows above
    one."""
    return _insertion(*_rehearsed(table, rows))


def _insertion(table: Table, rows: Sequence[Values]) -> Fragment:
    # The usual case: plain parameters need no document.
    if len(rows) == 1:
        (row,) = rows
        return table.by_row, list(plain(row))
    return table.by_document, [orjson.dumps(rows).decode()]


def _sqlite_value(kind: str, value: Any) -> Any:
    if value is None or kind in ("bigint", "text", "boolean", "int"):
        return value
    return _SQLITE[kind](value)


_SQLITE: Mapping[str, Callable[[Any], Any]] = {
    "json": document_param,
    "timestamptz": moment_param,
    # Django keeps UUIDs on SQLite as 32 hexadecimal digits.
    "uuid": lambda value: str(value).replace("-", ""),
    "numeric": number_param,
}


def plain(values: Values) -> Iterable[Any]:
    """Values as statement parameters."""
    for value in values:
        if isinstance(value, dict):
            yield document_param(value)
        else:
            yield moment_param(value) if isinstance(value, datetime) else value


def give_up(stamp: Stamp, table: str, key: str, column: str, record_ids: Collection[int]) -> None:
    """Clear a unique column, so that other records can take its value."""
    if record_ids:
        chosen, params = in_ids(key, record_ids)
        execute(
            f"UPDATE {table} SET {column} = NULL WHERE workspace_id = %s AND {column} IS NOT "
            f"NULL AND {chosen}",
            [stamp.workspace_id, *params],
        )
