"""Reading CSV files: faults of a file as a whole are reported before any of it is
stored."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from records.exceptions import InvalidInput
from records.services.storage import SpooledFile

from . import file_limits as limits
from .encodings import UTF_8, find_encoding
from .framing import Frame, Unfinished, frame, rows_below
from .other_forms import HEAD, check_form
from .stray_quotes import Lines, split_rows
from .table_rows import Row

CHUNK = 1 << 20
DELIMITERS = ",;\t|"
# How spreadsheets say it in a line before the table.
DIRECTIVE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
SNIFFED = 1 << 16  # characters in which the delimiter is sought
SNIFFED_ROWS = 50
WORKBOOK = b"PK\x03\x04"
SURE = ":"  # between the number of a row and the bits of its cells
# Python decodes these too, in times that grow with the square of the text or into other than texts.
NO_ENCODINGS = frozenset({"idna", "punycode", "undefined"})

csv.field_size_limit(limits.MAX_CELL)


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV file with a header, gzipped where its name ends in `.gz`. Each iteration reads it
    again.

    `shown` is what messages call the file, if not by its path. `nameless` are the positions of
    columns that the file gives no name, `line` is that of the header and `above` the number of rows
    before it. A file that is `numbered` begins each row with its number in the file that it was
    made of, and which of its cells are no texts; `known_digest` is that of its rows.
    """

    path: Path | SpooledFile
    encoding: str
    header: tuple[str, ...]
    delimiter: str = ","
    shown: str = ""
    nameless: frozenset[int] = frozenset()
    line: int = 1
    above: int = 0
    is_guess: bool = False  # the encoding is
    numbered: bool = False
    is_spaced: bool = False  # quotes stand after a delimiter and a space
    written_delimiter: str = ""  # of the file that it was made of
    sheet: str = ""  # of the workbook that it was made of
    sheets: Sequence[str] = ()  # all of it
    known_digest: str = ""
    odd: list[int] = field(default_factory=list, compare=False)

    def rows(self, *, survey: bool = False) -> Iterator[Row]:
        """The rows after the header, blank ones left out; InvalidInput where the file is no CSV, or
        passes a limit.

        A `survey` raises Unfinished where a long file goes on.
        """
        return rows_below(self._rows(survey=survey), self.line, len(self.header))

    def count(self) -> int:
        """The number of rows; InvalidInput where the file is no CSV, before any of it is stored."""
        return sum(1 for _ in self.rows())

    def digest(self) -> str:
        """The SHA-256 of what the file holds, by which a later run knows it again."""
        if self.known_digest:
            return self.known_digest
        found = hashlib.sha256()
        with open_bytes(self.path) as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
        return found.hexdigest()

    def frame(self, header_row: int | None) -> Frame:
        """The columns of the table, sought in no more rows than a survey reads."""
        try:
            return frame(self._rows(survey=True), self.called, header_row)
        except Unfinished:
            raise limits.passed(
                self.called,
                f"the names of the columns must be in its first {limits.SURVEY_ROWS:,} rows",
                "Remove the lines before them.",
            ) from None

    def _rows(self, *, survey: bool) -> Iterator[Row]:
        rows = self._written_rows(survey=survey)
        return _without_numbers(rows) if self.numbered else rows

    @property
    def divided_by(self) -> str:
        """What separates the cells of the file as it came; empty where nothing does."""
        return self.written_delimiter if self.numbered else self.delimiter

    @property
    def called(self) -> str:
        """What messages call the file."""
        return self.shown or name_of(self.path)

    def _written_rows(self, *, survey: bool) -> Iterator[Row]:
        """All rows as they are written."""
        codec = codec_of(self.encoding)
        self.odd.clear()
        with open_bytes(self.path) as raw, io.TextIOWrapper(raw, codec, newline="") as file:
            lines = Lines(bounded_lines(file), self.called)
            line = 1
            try:
                if not self.numbered and (before := _directive_lines(file)):
                    lines.pass_over(before)
                    line = before + 1
                # Spreadsheets count rows, blank ones too, and do not show the directive.
                for at, cells in enumerate(
                    split_rows(lines, self.delimiter, self.odd, is_spaced=self.is_spaced)
                ):
                    if at > limits.MAX_ROWS:
                        raise limits.too_many_rows(self.called)
                    yield Row(at + 1, cells)
                    if survey and (lines.read > limits.SURVEY_CSV or at > limits.SURVEY_ROWS):
                        raise Unfinished
                    lines.end_row()
                    # A quoted cell can span lines, so the number of rows does not give the line.
                    line = lines.number + 1
            except csv.Error as problem:
                if "field limit" in str(problem):
                    raise limits.too_long_cell(f"{self.called}, line {line}") from problem
                raise InvalidInput(f"{self.called}, line {line}: {problem}.") from problem
            except UnicodeError as problem:
                raise InvalidInput(undecodable(self.path, self.encoding, self.called)) from problem
            except (EOFError, gzip.BadGzipFile) as problem:
                raise InvalidInput(f"{self.called}: {problem}.") from problem


def open_table(
    path: Path | SpooledFile,
    encoding: str = UTF_8,
    *,
    delimiter: str = ",",
    shown: str = "",
    header_row: int | None = None,
) -> CsvTable:
    """The table in a file; InvalidInput when there is no file, no header, or a header that is not
    one.

    The encoding and the delimiter are found in the file where they are empty. `header_row` is the
    line that names the columns.
    """
    check_regular(path)
    called = shown or name_of(path)
    is_guess = False
    try:
        _check_text(path, called)
        if not encoding:
            with open_bytes(path) as file:
                found = find_encoding(file)
            encoding, is_guess = found.name, found.is_guess
        check_encoding(encoding)
        delimiter = delimiter or find_delimiter(path, encoding)
        if len(delimiter) != 1 or delimiter in '\r\n"':
            raise InvalidInput("expected one character.", at="delimiter")
        is_spaced = _has_spaced_quotes(_sniffed(path, encoding), delimiter)
        table = CsvTable(
            path, encoding, (), delimiter, shown, is_guess=is_guess, is_spaced=is_spaced
        )
        found_frame = table.frame(header_row)
    except OSError as problem:
        raise InvalidInput(f"{name_of(path)}: {problem.strerror or problem}.") from problem
    except InvalidInput:
        raise
    # A null character in the name of a codec is a ValueError.
    except (LookupError, ValueError) as problem:
        raise InvalidInput(f"The encoding {encoding!r} does not exist.", at="encoding") from problem
    return replace(
        table,
        header=found_frame.header,
        nameless=found_frame.nameless,
        line=found_frame.line,
        above=found_frame.above,
    )


def check_encoding(encoding: str) -> None:
    """LookupError unless texts of any length can be decoded from it."""
    if codecs.lookup(encoding).name in NO_ENCODINGS:
        raise LookupError


def _check_text(path: Path | SpooledFile, called: str) -> None:
    """InvalidInput for files that are no text, by what they begin with."""
    # What a file that says it is gzipped holds is read with it.
    if not isinstance(path, SpooledFile) and path.suffix == ".gz":
        return
    with open_bytes(path) as file:
        check_form(file.read(HEAD), called)


def find_delimiter(path: Path | SpooledFile, encoding: str = UTF_8) -> str:
    """The delimiter of a file: what its first line says, else the comma, semicolon, tab or bar that
    divides most of the first rows into as many cells."""
    check_regular(path)
    text = _sniffed(path, encoding)
    first = text.lstrip("\ufeff").partition("\n")[0].strip()
    if (said := DIRECTIVE.fullmatch(_unspaced(text.partition("\n")[0]))) is not None:
        return said[1]
    # A row that is cut off says nothing.
    whole = text if len(text) < SNIFFED else text.rpartition("\n")[0] or text
    return max(DELIMITERS, key=lambda mark: (*_division(whole, mark), first.count(mark)))


def _sniffed(path: Path | SpooledFile, encoding: str) -> str:
    """The beginning of a file; nothing where reading the table says what is wrong with it."""
    try:
        with open_bytes(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as file:
            return file.read(SNIFFED)
    except (LookupError, ValueError, OSError, EOFError):
        return ""


def _has_spaced_quotes(text: str, delimiter: str) -> bool:
    """Whether cells in quotes stand after a delimiter and spaces, as some programs write them."""
    mark = re.escape(delimiter)
    quoted = rf'{mark} +"(?:[^"\r\n]|"")*+" *(?:{mark}|[\r\n]|\Z)'
    return delimiter != " " and re.search(quoted, text) is not None


def _division(text: str, delimiter: str) -> tuple[bool, int, int]:
    """Whether a delimiter divides the very first row as it does others, how many of the first rows
    it divides into as many cells as most of them, and how many cells that is."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [len(row) for row in islice(reader, SNIFFED_ROWS) if row]
    except csv.Error:
        return False, 0, 0
    widths = [width for width in rows if width > 1]
    if not widths:
        return False, 0, 0
    usual = max(set(widths), key=widths.count)
    # What stands in cells is often divided too, but not the names of the columns.
    return rows[0] == usual and widths.count(usual) > 1, widths.count(usual), usual


def check_regular(path: Path | SpooledFile) -> None:
    """Refuse pipes and devices, which cannot be read twice, and may never begin or end."""
    if not isinstance(path, SpooledFile) and (
        path.is_fifo() or path.is_char_device() or path.is_socket()
    ):
        raise InvalidInput(
            f"{path} is not a file that can be read more than once. Save it as a file first."
        )


def open_bytes(path: Path | SpooledFile) -> BinaryIO:
    if isinstance(path, SpooledFile):
        return path.open()
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def codec_of(encoding: str) -> str:
    # A byte order mark is no part of the first header.
    return "utf-8-sig" if encoding.lower().replace("_", "-") in (UTF_8, "utf8") else encoding


def bounded_lines(file: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a file, of each no more than a row may have and one."""
    return iter(partial(file.readline, limits.MAX_ROW + 1), "")


def _directive_lines(file: io.TextIOWrapper) -> int:
    """Pass over the line in which a spreadsheet names its delimiter; 1 if there is one."""
    # The place of a gzipped or encoded text cannot be asked for cheaply, but its start is known.
    if DIRECTIVE.fullmatch(_unspaced(file.readline(limits.MAX_HEADER))):
        return 1
    file.seek(0)
    return 0


def _unspaced(line: str) -> str:
    """A line without what may stand around its text; a tab may be the delimiter that it names."""
    return line.strip("\ufeff\r\n ")


def _without_numbers(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        line, _, sure = row.cells[0].partition(SURE)
        yield Row(int(line), row.cells[1:], sure=int(sure, 16) if sure else 0)


def numbered(row: Row) -> str:
    """What a file of rows with their numbers has before the cells of a row."""
    return f"{row.line}{SURE}{row.sure:x}" if row.sure else str(row.line)


def name_of(path: Path | SpooledFile) -> str:
    return path.name if isinstance(path, SpooledFile) else str(path)


def undecodable(path: Path | SpooledFile, encoding: str, called: str) -> str:
    """Where the file is not in the encoding, and what can be done about it."""
    with open_bytes(path) as file:
        if file.read(len(WORKBOOK)) == WORKBOOK:
            return f"{called} is a workbook or another archive: save its sheet as CSV."
        # Decode line by line to name the first bad byte; the reader's buffer has lost its place.
        file.seek(0)
        decoder, number = codecs.getincrementaldecoder(encoding)(), 1
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
                number += chunk.count(b"\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as problem:
            # What the decoder was given is the chunk, after what it had left of the one before.
            number += problem.object[: problem.start].count(b"\n")
            return (
                f"{called} is not {encoding.upper()}: byte 0x{problem.object[problem.start]:02X}"
                f" in line {number}."
                " Save it as UTF-8, or name its encoding: latin-1, cp1252, utf-16, …"
            )
        except UnicodeError:  # it is not a byte of it that is wrong
            pass
    return f"{called} is not {encoding.upper()}; name its encoding: latin-1, cp1252, utf-16, …"
