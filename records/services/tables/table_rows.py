"""The rows of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from records.field_types.base import JSON


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: the line it begins in, or its number in the sheet, and its cells.

    Where the file has values of JSON, the cells show what is in `values`, and `fault` says why a
    line is no row. `sure` has a bit for each cell, the first one's lowest: set where the file
    itself says that the cell is a number, a date or a truth, and no text that looks like one.
    """

    line: int
    cells: Sequence[str]
    values: Sequence[JSON] | None = None
    fault: str = ""
    sure: int = 0

    def is_sure(self, at: int) -> bool:
        """Whether the cell at a position is no text."""
        return bool(self.sure >> at & 1)


def sure_cells(rows: Sequence[Row]) -> Callable[[int], Sequence[bool]]:
    """Of the column at a position, which of these rows' cells are no text: nothing where none is,
    as in most files."""
    in_any = reduce(or_, (row.sure for row in rows), 0)
    return lambda at: [row.is_sure(at) for row in rows] if in_any >> at & 1 else ()
