"""The cells of a workbook's sheet as texts: its shared texts, its looks, its rows."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from records.exceptions import InvalidInput

from . import file_limits as limits
from .cell_formats import Looks, iso_moment, unescaped_text
from .framing import Unfinished
from .table_rows import Row
from .xml_events import Attributes, BrokenWorkbook, Handler

FLUSHED = 1 << 20  # bytes of texts written at once
UNSHOWN = "…"
NO_TEXT = "a cell refers to a text that is missing"
TRUE, FALSE = "true", "false"


class Collected(Handler):
    """Takes the text of a cell together, which may be in several runs; what is spoken of it is no
    part of it."""

    def __init__(self, called: str) -> None:
        self._called = called
        self._pieces: list[str] = []
        self._length = 0
        self._in_text = False
        self._spoken = False

    def text(self, found: str) -> None:
        if self._in_text:
            self._length += len(found)
            if self._length > limits.MAX_CELL:
                raise limits.too_long_cell(self._called)
            self._pieces.append(found)

    def start_text(self, name: str) -> None:
        """Text begins where an element of this name holds some."""
        if name == "rPh":
            self._spoken = True
        elif name == "t":
            self._in_text = not self._spoken

    def end_text(self, name: str) -> None:
        if name == "rPh":
            self._spoken = False
        elif name == "t":
            self._in_text = False

    def taken(self) -> str:
        """What was collected; collecting begins anew."""
        text = "".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        return text


class Texts(Collected):
    """The shared texts of a workbook, kept in a file and read as far as cells refer to them."""

    def __init__(self, called: str) -> None:
        super().__init__(called)
        self._source: Iterator[int] = iter(())
        self._ends = array("Q", [0])
        self._unwritten: list[bytes] = []
        self._unwritten_size = 0

    @cached_property
    def _file(self) -> BinaryIO:
        return cast(BinaryIO, TemporaryFile(buffering=0))

    def come_from(self, source: Iterator[int]) -> None:
        self._source = source

    def close(self) -> None:
        """Give the space of the file back."""
        if "_file" in vars(self):
            self._file.close()

    def start(self, name: str, given: Attributes) -> None:
        self.start_text(name)

    def end(self, name: str) -> None:
        self.end_text(name)
        if name == "si":
            self._keep(unescaped_text(self.taken()).encode("utf-8", "surrogatepass"))

    def _keep(self, text: bytes) -> None:
        if len(self._ends) > limits.MAX_STRINGS:
            raise limits.passed(
                self._called,
                f"a workbook can have at most {limits.MAX_STRINGS:,} different texts",
                limits.AS_CSV,
            )
        self._ends.append(self._ends[-1] + len(text))
        self._unwritten.append(text)
        self._unwritten_size += len(text)
        if self._unwritten_size > FLUSHED:
            self._flush()

    def _flush(self) -> None:
        self._file.seek(0, os.SEEK_END)
        self._file.write(b"".join(self._unwritten))
        self._unwritten.clear()
        self._unwritten_size = 0

    def get(self, at: int) -> str:
        """The text with this number; Unfinished where it comes after what is read."""
        if at < 0:
            raise BrokenWorkbook(NO_TEXT)
        while at + 1 >= len(self._ends):
            if next(self._source, self) is self:
                raise BrokenWorkbook(NO_TEXT)
        if self._unwritten:
            self._flush()
        start, end = self._ends[at], self._ends[at + 1]
        return os.pread(self._file.fileno(), end - start, start).decode("utf-8", "surrogatepass")


class Sheet(Collected):
    """The cells of a sheet, as rows of texts."""

    def __init__(self, epoch: datetime, looks: Looks, texts: Texts, called: str) -> None:
        super().__init__(called)
        self._epoch = epoch
        self._looks = looks
        self._texts = texts
        self._rows: list[Row] = []
        self._row_number = 0
        self._cells: list[str] = []
        self._sure = 0
        self._size = 0
        self._column = 0
        self._type = self._look = ""
        self._has_formula = False
        self._has_header = False

    def take(self) -> Sequence[Row]:
        """The rows that have ended since, each with its number in the sheet."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, given: Attributes) -> None:
        if name == "c":
            self._start_cell(given)
        elif name == "v":
            self._in_text = self._type != "inlineStr"
        elif name == "row":
            self._start_row(given)
        elif name == "f":
            self._has_formula = True
        elif self._type == "inlineStr":
            self.start_text(name)

    def end(self, name: str) -> None:
        if name == "c":
            self._end_cell()
        elif name == "v":
            self._in_text = False
        elif name == "row":
            self._rows.append(Row(self._row_number, self._cells, sure=self._sure))
            self._has_header = self._has_header or any(map(str.strip, self._cells))
        elif name == "sheetData":
            self.has_all = True
        else:
            self.end_text(name)

    def _start_row(self, given: Attributes) -> None:
        self._row_number = int(given.get("r") or self._row_number + 1)
        if self._row_number > min(limits.SHEET_ROWS, limits.MAX_ROWS):
            raise limits.passed(
                self._called,
                f"a sheet can have at most {min(limits.SHEET_ROWS, limits.MAX_ROWS):,} rows",
                limits.SPLIT,
            )
        self._cells, self._sure, self._size, self._column = [], 0, 0, 0

    def _start_cell(self, given: Attributes) -> None:
        place = given.get("r")
        self._column = self._column + 1 if place is None else _column_number(place)
        if self._column > limits.SHEET_COLUMNS:
            raise limits.too_many_columns(self._called)
        self._type, self._look = given.get("t", "n"), given.get("s", "0")
        self._has_formula = False

    def _end_cell(self) -> None:
        text = self._shown(self.taken())
        at = self._column - 1
        # A cell too far out is kept where the row shows that it has one.
        if not text or len(self._cells) > limits.MAX_COLUMNS:
            return
        self._size += len(text)
        if self._size > limits.MAX_ROW:
            raise limits.TooLongRow(f"{self._called}, row {self._row_number}")
        at = min(at, limits.MAX_COLUMNS)
        if at >= len(self._cells):
            self._cells.extend([""] * (at + 1 - len(self._cells)))
        self._cells[at] = text
        if self._type in NO_TEXTS:
            self._sure |= 1 << at

    def _shown(self, raw: str) -> str:
        """What the cell with this content shows, as CSV has it."""
        if self._type in ("inlineStr", "str"):
            return unescaped_text(raw)
        if not raw:
            if self._has_formula:
                raise self._no_result()
            return ""
        read = READERS.get(self._type)
        return raw if read is None else read(self, raw)

    def _no_result(self) -> InvalidInput:
        """Programs that write workbooks leave formulas for a spreadsheet to calculate."""
        place = f"{_letters(self._column)}{self._row_number}"
        return InvalidInput(
            f"{self._called}, cell {place}: the formula has no stored result. Open the workbook "
            "in a spreadsheet program, save it, and import it then."
        )

    def _shared(self, raw: str) -> str:
        try:
            return self._texts.get(int(raw))
        except Unfinished:
            if self._has_header:
                return UNSHOWN
            raise limits.passed(
                self._called,
                "a workbook's texts before the names of its columns can have at most "
                f"{limits.SURVEY_PART:,} bytes",
                limits.AS_CSV,
            ) from None

    def _number(self, raw: str) -> str:
        return self._looks.shown(raw, self._look, self._epoch)

    def _date(self, raw: str) -> str:
        return iso_moment(raw)

    def _truth(self, raw: str) -> str:
        word = raw.strip().lower()
        if word in (TRUE, FALSE):
            return word
        return TRUE if int(raw) else FALSE


NO_TEXTS = frozenset("nbd")
READERS: dict[str, Callable[[Sheet, str], str]] = {
    "n": Sheet._number,
    "s": Sheet._shared,
    "b": Sheet._truth,
    "d": Sheet._date,
}


def _column_number(place: str) -> int:
    """The number of the column in a cell's address: 28 of AB12."""
    number = 0
    for letter in place[:8]:
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter.upper()) - ord("A") + 1
    if number < 1:
        raise BrokenWorkbook(f"{place[:8]!r} is no place of a cell")
    return number


def _letters(column: int) -> str:
    """The letters of a column: AB of 28."""
    letters = ""
    while column:
        column, at = divmod(column - 1, 26)
        letters = chr(ord("A") + at) + letters
    return letters
