"""COPY, by which many rows go into PostgreSQL at a fraction of the cost of an INSERT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from django.db import connection

from .record_rows import IndexRow

FROM = 50  # rows for which it pays: the statement is parsed and planned each time
CHUNK = 2000  # rows sent at once: the server takes them in while the next are written out
NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def copied_text(text: str) -> str:
    """A text as COPY reads it."""
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPES)


def copied(value: Any) -> str:
    """A value of a column as COPY reads it; objects and lists are JSON."""
    if value is None:
        return NULL
    if isinstance(value, str):
        return copied_text(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (dict, list)):
        return orjson.dumps(value).decode().replace("\\", "\\\\")
    return str(value)


_SCALARS = ("text", "number", "moment", "option", "related_record", "member", "attachment")
_INDEX = ("record_id", "field_id", "position", "workspace_id", "live", "unique_key", "overflow", *_SCALARS)
# What stands around an index row's one scalar: the other columns, which are empty.
_AROUND = {name: (f"{NULL}\t" * at, f"\t{NULL}" * (len(_SCALARS) - at - 1)) for at, name in enumerate(_SCALARS)}


def copy_index(workspace_id: int, rows: Iterable[IndexRow]) -> None:
    """Add rows to the typed index, of which a record has a score: so they are written out by hand."""
    copy_lines("records_fieldvalue", _INDEX, (_index_line(workspace_id, row) for row in rows))


def _index_line(workspace_id: int, row: IndexRow) -> str:
    value, record = row.value, row.record
    before, after = _AROUND[row.column]
    shown = copied_text(value) if type(value) is str else copied(value)
    live = "t" if record.state == "active" else "f"
    unique = NULL if row.unique_key is None else copied_text(row.unique_key)
    overflow = NULL if row.overflow is None else copied_text(row.overflow)
    return (
        f"{record.id}\t{row.field_id}\t{row.position}\t{workspace_id}\t{live}\t{unique}\t{overflow}"
        f"\t{before}{shown}{after}"
    )


def copy_rows(table: str, columns: Iterable[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows to a table."""
    copy_lines(table, columns, ("\t".join(map(copied, row)) for row in rows))


def copy_lines(table: str, columns: Iterable[str], lines: Iterable[str]) -> None:
    """Add rows that are written as COPY reads them. Its errors are Django's, as those of any statement."""
    names = ", ".join(f'"{column}"' for column in columns)
    rest = iter(lines)
    statement = f"COPY {table} ({names}) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        while chunk := list(islice(rest, CHUNK)):
            copy.write("\n".join([*chunk, ""]))
