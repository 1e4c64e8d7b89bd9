"""Members and records in values of JSON, named by their numbers as the Workspace API shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from records.services.access import Author
from records.services.tables import Row
from records.services.writing import KEYED, with_uuids

from .matching import Column


def with_ids(author: Author, columns: Iterable[Column], rows: Sequence[Row]) -> Sequence[Row]:
    """Rows whose values name members and records by their ids; a query for each column of such a
    field. Rows of other files stay as they are."""
    columns = [column for column in columns if column.spec.type.refers_to in KEYED]
    if not columns or all(row.values is None for row in rows):
        return rows
    found = [list(row.values or ()) for row in rows]
    named = [at for at, row in enumerate(rows) if row.values is not None]
    sure = ~sum(1 << column.position for column in columns)
    for column in columns:
        sent = [found[at][column.position] for at in named]
        for at, value in zip(named, with_uuids(author, column.spec, sent), strict=True):
            found[at][column.position] = value
    return [
        row if row.values is None else replace(row, values=values, sure=row.sure & sure)
        for row, values in zip(rows, found, strict=True)
    ]
