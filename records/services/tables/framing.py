"""The frame of a table: which row names its columns, what nameless columns are called, and rows
that are as wide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, dropwhile, islice

from records.exceptions import InvalidInput

from . import file_limits as limits
from .header_rows import has_row_names, header_at, names_columns, without_empty_end
from .table_rows import Row

LOOKED_AT = 20  # rows in which the names of the columns are sought
END_OF_FILE = ["\x1a"]  # what ends a file of DOS


class Unfinished(Exception):
    """As much of a table has been read as was asked for, and it goes on."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A table's columns, each with a name of its own, and its rows.

    `nameless` are the positions of columns that the file gives no name. `line` is where the names
    are, and `above` how many rows that are not blank come before. Rows have a cell for each column,
    and more where the file has more that are not blank; blank rows are left out.
    """

    header: tuple[str, ...]
    nameless: frozenset[int]
    line: int
    above: int
    rows: Iterator[Row]


def frame(rows: Iterable[Row], called: str, header_row: int | None = None) -> Frame:
    """Find the columns of a table: in the row `header_row`, else in the first that looks like it.
    InvalidInput when there is none, or its names are none."""
    blank, ahead, rest = _look_ahead(iter(rows), header_row or 0)
    if not ahead and header_row is not None:
        raise InvalidInput(f"{called} has no row {header_row:,}.", at="header_row")
    if not ahead:
        raise InvalidInput(f"{called} is empty; its first row must name the columns.")
    # Figures under a row of blank names are rows of columns without names.
    if blank is not None and not names_columns(ahead[0].cells):
        ahead.insert(0, blank)
    at = 0 if header_row is not None or ahead[0] is blank else header_at(ahead)
    following = ahead[at + 1 :]
    cells = without_empty_end(ahead[at].cells, following)
    if has_row_names(cells, following):
        cells = ["", *cells]
    header, nameless = column_names(cells, called)
    return Frame(
        header,
        nameless,
        ahead[at].line,
        at,
        _as_wide(chain(following, rest), len(header)),
    )


def rows_below(rows: Iterable[Row], line: int, width: int) -> Iterator[Row]:
    """The rows of a table whose columns are known: those after the one at `line`."""
    below = dropwhile(lambda row: row.line < line, rows)
    next(below, None)
    return _as_wide(filter(_is_filled, below), width)


def _is_filled(row: Row) -> bool:
    return any(map(str.strip, row.cells)) and row.cells != END_OF_FILE


def _look_ahead(
    rows: Iterator[Row], first_line: int
) -> tuple[Row | None, list[Row], Iterator[Row]]:
    """The first rows from a line on that are not blank, and those after them; before them, the row
    of several blank cells that is there instead of the first."""
    rows = dropwhile(lambda row: row.line < first_line, rows)
    first = list(islice(rows, 1))
    blank = next((row for row in first if len(row.cells) > 1 and not _is_filled(row)), None)
    filled = filter(_is_filled, chain(first, rows))
    ahead: list[Row] = []
    try:
        # Not a list of a slice: what was read before a survey ends is kept.
        ahead.extend(islice(filled, LOOKED_AT))
    except Unfinished:
        if not ahead:
            raise
        return blank, ahead, _GoesOn()
    return blank, ahead, filled


class _GoesOn(Iterator[Row]):
    """What a survey does not read."""

    def __next__(self) -> Row:
        raise Unfinished


def column_names(cells: Sequence[str], called: str) -> tuple[tuple[str, ...], frozenset[int]]:
    """The names of columns: as they are written, with a number where two are the same however they
    are cased, or where there is none; and the positions of the last."""
    names = [cell.strip() for cell in cells]
    _check_names(names, called)
    taken = {name.casefold() for name in names if name}
    seen: set[str] = set()
    found: list[str] = []
    for number, name in enumerate(names, start=1):
        if name and name.casefold() not in seen:
            found.append(name)
        else:
            found.append(_free(name, number, taken))
            taken.add(found[-1].casefold())
        seen.add(found[-1].casefold())
    return tuple(found), frozenset(at for at, name in enumerate(names) if not name)


def _free(name: str, number: int, taken: set[str]) -> str:
    """A name of its own for a column that has none, or that of another."""
    wanted, count = (f"{name} 2", 2) if name else (f"Column {number}", 1)
    base = name or wanted
    while wanted.casefold() in taken:
        count += 1
        wanted = f"{base} {count}"
    return wanted


def _check_names(names: Sequence[str], called: str) -> None:
    if len(names) > limits.MAX_COLUMNS:
        raise limits.too_many_columns(called)
    if any(len(name) > limits.MAX_HEADER for name in names):
        raise limits.too_long_header(called)
    if any("\x00" in name for name in names):
        raise InvalidInput(f"A header of {called} contains a null character.")


def _as_wide(rows: Iterable[Row], width: int) -> Iterator[Row]:
    """The rows with a cell for each column. Cells that a row leaves out at its end are blank, and
    blank ones that it has too many are left out."""
    for row in rows:
        length = len(row.cells)
        if length == width:
            yield row
        elif length < width:
            yield replace(row, cells=[*row.cells, *[""] * (width - length)])
        elif any(map(str.strip, row.cells[width:])):  # refused when it is imported
            yield row
        else:
            yield replace(row, cells=row.cells[:width])
