"""COPY, which adds many rows to PostgreSQL at a fraction of the cost of an INSERT."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from django.db import connection

from records.field_types import FieldSpec

from .rows import (
    Changes,
    RecordRow,
    index_cells,
    keeps_others_off,
)

FROM = 50  # rows from which COPY pays off: unlike an INSERT, it is parsed and planned each time
BLOCK = 500  # rows
NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def copied_text(text: str) -> str:
    """A text as COPY reads it."""
    # Most texts need no escaping, and testing is faster than translating.
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
_INDEX = (
    "record_id",
    "live",
    "field_id",
    "position",
    "workspace_id",
    "unique_key",
    "overflow",
    *_SCALARS,
)
# What surrounds an index row's one scalar: the other columns, which are empty.
_AROUND = {
    name: (f"{NULL}\t" * at, f"\t{NULL}" * (len(_SCALARS) - at - 1))
    for at, name in enumerate(_SCALARS)
}


def copy_index(workspace_id: int, changes: Changes) -> None:
    """Add the new index rows. A record has about twenty, so their lines are built without the
    general path.

    They go in field by field, in the order of the indexes, which saves the server a sixth of its
    work.
    """
    owners = {
        record.uuid: record for records in changes.index.values() for record in records.values()
    }
    beginnings = {
        uuid: f"{record.id}\t{'t' if record.state == 'active' else 'f'}\t"
        for uuid, record in owners.items()
    }
    blocks = (
        _index_lines(workspace_id, spec, records, beginnings, unique=spec in changes.unique)
        for spec, records in changes.index.items()
        # A type without a column has no index rows.
        if spec.type.column is not None
    )
    copy_blocks("records_fieldvalue", _INDEX, blocks)


def _index_lines(
    workspace_id: int,
    spec: FieldSpec,
    records: Mapping[str, RecordRow],
    beginnings: Mapping[str, str],
    *,
    unique: bool,
) -> list[str]:
    key, lines = str(spec.id), []
    known: dict[Any, list[str]] = {}  # fields repeat many of their values
    for uuid, record in records.items():
        stored = record.values.get(key)
        memory = _remembered(spec, stored)
        # Without a unique key, its rows differ from those remembered.
        if unique and not keeps_others_off(record, spec):
            lines += [
                beginnings[uuid] + ending
                for ending in _endings(workspace_id, spec, stored, unique=False)
            ]
            continue
        if memory in known:
            endings = known[memory]
        else:
            endings = known[memory] = _endings(workspace_id, spec, stored, unique=unique)
        for ending in endings:  # mostly one, for which a comprehension costs more
            lines.append(beginnings[uuid] + ending)
    return lines


def _remembered(spec: FieldSpec, stored: Any) -> Any:
    """A stored value as a cache key; for a document the index records only that there is one."""
    if spec.type.is_document:
        return stored is not None
    # A list cannot be a key of a dictionary.
    return tuple(stored) if type(stored) is list else stored


def _endings(workspace_id: int, spec: FieldSpec, stored: Any, *, unique: bool) -> list[str]:
    """The index rows without the columns that identify the record."""
    before, after = _AROUND[spec.type.column or ""]
    return [
        f"{spec.id}\t{position}\t{workspace_id}\t{copied(key)}\t{copied(overflow)}\t{before}{copied(value)}{after}"
        for position, (value, overflow, key) in enumerate(index_cells(spec, stored, unique=unique))
    ]


def copy_rows(table: str, columns: Iterable[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows to a table."""
    lines = ("\t".join(map(copied, row)) for row in rows)
    # Blocks of rows, until an empty one comes back.
    copy_blocks(table, columns, iter(lambda: list(islice(lines, BLOCK)), []))


def copy_blocks(table: str, columns: Iterable[str], blocks: Iterable[list[str]]) -> None:
    """Add rows in COPY's format; the server processes each block while the next is written.

    Errors are Django's, as with any statement.
    """
    names = ", ".join(f'"{column}"' for column in columns)
    statement = f"COPY {table} ({names}) FROM STDIN"
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for lines in blocks:
            copy.write("\n".join([*lines, ""]))
