"""COPY, by which many rows go into PostgreSQL at a fraction of the cost of an INSERT."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from django.db import connection

from records.field_types import FieldSpec

from .record_rows import Changes, IndexRow, RecordRow, index_rows

FROM = 50  # rows for which it pays: the statement is parsed and planned each time
CHUNK = 2000  # rows sent at once: the server takes them in while the next are written out
NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def copied_text(text: str) -> str:
    """A text as COPY reads it."""
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPES)


def _copied_json(value: Any) -> str:
    # JSON has no line breaks and tabs of its own.
    return orjson.dumps(value).decode().replace("\\", "\\\\")


_WRITTEN: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: NULL,
    str: copied_text,
    datetime: datetime.isoformat,
    dict: _copied_json,
    list: _copied_json,
}


def copied(value: Any) -> str:
    """A value of a column as COPY reads it; objects and lists are JSON."""
    return _WRITTEN.get(type(value), str)(value)


_SCALARS = ("text", "number", "moment", "option", "related_record", "member", "attachment")
_INDEX = ("record_id", "live", "field_id", "position", "workspace_id", "unique_key", "overflow", *_SCALARS)
# What stands around an index row's one scalar: the other columns, which are empty.
_AROUND = {name: (f"{NULL}\t" * at, f"\t{NULL}" * (len(_SCALARS) - at - 1)) for at, name in enumerate(_SCALARS)}


def copy_index(workspace_id: int, changes: Changes) -> None:
    """Add the new index rows, of which a record has a score: so they are written out by hand.

    They go in field by field, as the indexes have them, which spares the server a sixth of its work.
    """
    lines = (
        line
        for spec, records in changes.index.items()
        for line in _index_lines(workspace_id, spec, records.values(), unique=spec in changes.unique)
    )
    copy_lines("records_fieldvalue", _INDEX, lines)


def _index_lines(workspace_id: int, spec: FieldSpec, records: Iterable[RecordRow], *, unique: bool) -> Iterator[str]:
    key = str(spec.id)
    known: dict[Any, list[str]] = {}  # fields repeat many of their values
    for record in records:
        stored = record.values.get(key)
        memory = tuple(stored) if type(stored) is list else stored
        rows = known.get(memory)
        if rows is None:
            rows = known[memory] = [_ending(workspace_id, row) for row in index_rows(record, spec, unique=unique)]
        live = "t" if record.state == "active" else "f"
        for ending in rows:
            yield f"{record.id}\t{live}\t{ending}"


def _ending(workspace_id: int, row: IndexRow) -> str:
    """All of an index row but whose it is."""
    before, after = _AROUND[row.column]
    unique = NULL if row.unique_key is None else copied_text(row.unique_key)
    overflow = NULL if row.overflow is None else copied_text(row.overflow)
    return f"{row.field_id}\t{row.position}\t{workspace_id}\t{unique}\t{overflow}\t{before}{copied(row.value)}{after}"


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
