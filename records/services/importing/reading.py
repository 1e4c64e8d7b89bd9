"""Reading CSV files: what is wrong with a file as a whole is said before anything of it is stored."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from records.exceptions import InvalidInput
from records.services.spooled import SpooledFile

UTF_8 = "utf-8"
CHUNK = 1 << 20
DELIMITERS = ",;\t|"
WORKBOOK = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: the line it begins in, and its cells."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV file with a header, gzipped where its name ends in `.gz`. It is read anew each time it is iterated.

    `shown` is what messages call the file, if not by its path.
    """

    path: Path | SpooledFile
    encoding: str
    header: tuple[str, ...]
    delimiter: str = ","
    shown: str = ""

    def rows(self) -> Iterator[Row]:
        """The rows after the header, empty lines left out; InvalidInput where the file is no CSV."""
        rows = _rows(self.path, self.encoding, self.delimiter, self.shown)
        next(rows)
        return rows

    def count(self) -> int:
        """The number of rows; InvalidInput where the file is no CSV, so that nothing of it needs to be stored."""
        return sum(1 for _ in self.rows())

    def digest(self) -> str:
        """The SHA-256 of what the file holds, by which a later run knows it again."""
        found = hashlib.sha256()
        with _open(self.path) as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
        return found.hexdigest()


def open_table(path: Path | SpooledFile, encoding: str = UTF_8, *, delimiter: str = ",", shown: str = "") -> CsvTable:
    """The table in a file; InvalidInput when there is no file, no header, or a header that is not one."""
    try:
        first = next(_rows(path, encoding, delimiter, shown), None)
    except OSError as problem:
        raise InvalidInput(f"{_name(path)}: {problem.strerror or problem}.") from problem
    except (LookupError, ValueError) as problem:
        raise InvalidInput(f"There is no encoding {encoding!r}.") from problem
    called = shown or _name(path)
    if first is None:
        raise InvalidInput(f"{called} is empty; its first row should name the columns.")
    header = tuple(cell.strip() for cell in first.cells)
    if any("\x00" in name for name in header):
        raise InvalidInput(f"A header of {called} has a null character in it.")
    if "" in header:
        raise InvalidInput(f"Column {header.index('') + 1} of {called} has no header.")
    twice = [name for name, count in Counter(name.casefold() for name in header).items() if count > 1]
    if twice:
        raise InvalidInput(f"These columns of {called} have the same header: {', '.join(map(repr, twice))}.")
    return CsvTable(path, encoding, header, delimiter, shown)


def find_delimiter(path: Path | SpooledFile, encoding: str = UTF_8) -> str:
    """What separates the cells of a file: of commas, semicolons, tabs and bars what its first line has most of."""
    try:
        with _open(path) as raw, io.TextIOWrapper(raw, encoding) as file:
            line = file.readline(100_000)
    except (LookupError, ValueError, OSError, EOFError):
        return ","  # reading the table says what is wrong
    return max(DELIMITERS, key=line.count)


def _open(path: Path | SpooledFile) -> BinaryIO:
    if isinstance(path, SpooledFile):
        return path.open()
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _rows(path: Path | SpooledFile, encoding: str, delimiter: str, shown: str) -> Iterator[Row]:
    called = shown or _name(path)
    # A byte order mark is no part of the first header.
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in (UTF_8, "utf8") else encoding
    with _open(path) as raw, io.TextIOWrapper(raw, codec, newline="") as file:
        reader = csv.reader(file, strict=True, delimiter=delimiter)
        line = 1
        try:
            for cells in reader:
                if cells:
                    yield Row(line, cells)
                line = reader.line_num + 1
        except csv.Error as problem:
            raise InvalidInput(f"{called}, line {line}: {problem}.") from problem
        except UnicodeError as problem:
            raise InvalidInput(_undecodable(path, encoding, called)) from problem
        except (EOFError, gzip.BadGzipFile) as problem:
            raise InvalidInput(f"{called}: {problem}.") from problem


def _name(path: Path | SpooledFile) -> str:
    return path.name if isinstance(path, SpooledFile) else str(path)


def _undecodable(path: Path | SpooledFile, encoding: str, called: str) -> str:
    """Where the file is not in the encoding, and what can be done about it."""
    with _open(path) as file:
        if file.read(len(WORKBOOK)) == WORKBOOK:
            return f"{called} is a workbook: save its sheet as CSV, or import it in the admin."
        file.seek(0)
        for number, line in enumerate(file, start=1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as problem:
                byte = line[problem.start]
                return (
                    f"{called} is not {encoding.upper()}: byte 0x{byte:02X} in line {number}."
                    " Save it as UTF-8, or name its encoding: latin-1, cp1252, utf-16, …"
                )
            except UnicodeError:  # it is not the bytes of one line that are wrong
                break
    return f"{called} is not {encoding.upper()}; name its encoding: latin-1, cp1252, utf-16, …"
