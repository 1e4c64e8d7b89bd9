"""Reading CSV rows where a quote stands that none closes: the line is read as it is written."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from . import file_limits as limits

# Characters that are read again because of such quotes, in a whole file.
MOST_AGAIN = 4 * limits.MAX_ROW


class Lines:
    """The lines of a file, of which only so much is held as a row may have; those of the row that
    is being read can be read again."""

    def __init__(self, lines: Iterable[str], called: str) -> None:
        self._lines = iter(lines)
        self._called = called
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._row_size = 0
        self._lines_before = 0  # the row
        self._read_before = 0

    @property
    def number(self) -> int:
        """How many lines have been read; that of the last one."""
        return self._lines_before + len(self._row)

    @property
    def read(self) -> int:
        """How many characters have been read."""
        return self._read_before + self._row_size

    def __iter__(self) -> Lines:
        return self

    # A file may have ten million lines: what can be counted by the row is not counted here.
    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._row.append(line)
        self._row_size += len(line)
        if self._row_size > limits.MAX_ROW:
            raise limits.TooLongRow(f"{self._called}, line {self.number}")
        return line

    def pass_over(self, lines: int) -> None:
        """So many lines have been read by somebody else."""
        self._lines_before += lines

    def end_row(self) -> None:
        """The next line begins a row."""
        self._lines_before += len(self._row)
        self._read_before += self._row_size
        self._row.clear()
        self._row_size = 0

    def back_to_first(self) -> tuple[str, int]:
        """The first line of the row, after which reading goes on; and how much is read again."""
        first, *others = self._row
        self._again.extendleft(reversed(others))
        self._read_before += self._row_size
        self._lines_before += 1
        self._row.clear()
        size, self._row_size = self._row_size - len(first), 0
        return first, size


def split_rows(
    lines: Lines, delimiter: str, odd: list[int], *, is_spaced: bool = False
) -> Iterator[Sequence[str]]:
    """The rows of CSV. A line with a quote that is none is split as it is written, and its number
    noted in `odd`; csv.Error where there are too many of them. Where they are `is_spaced`, cells
    begin after the spaces before them."""
    read = partial(csv.reader, lines, strict=True, delimiter=delimiter, skipinitialspace=is_spaced)
    reader, again = read(), 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            # A cell that is too long may well have its quotes.
            if "field limit" in str(problem):
                raise
            line, size = lines.back_to_first()
            again += size + len(line)
            if again > MOST_AGAIN or '"' not in line:
                raise
            odd.append(lines.number)
            row = list(_as_written(line, delimiter))
            reader = read()
        yield row


def _as_written(line: str, delimiter: str) -> Sequence[str]:
    """The cells of a line: those in quotes without them, others as they are."""
    mark = re.escape(delimiter)
    cell = re.compile(rf'(?:"((?:[^"]|"")*+)"|([^{mark}]*)){mark}')
    text, cells, at = f"{line.rstrip(chr(13) + chr(10))}{delimiter}", list[str](), 0
    while at < len(text):
        found = cell.match(text, at)
        assert found is not None  # a cell may be anything up to the delimiter
        quoted, plain = found.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        at = found.end()
    return cells
