"""Reading files of JSON lines, or of one list, as tables: each object is a row, its keys name the
columns."""

from __future__ import annotations

import codecs
import gzip
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from records.exceptions import InvalidInput, quoted
from records.field_types.base import JSON
from records.services.exporting import NoRow, Numeral, read_line, shown_cell
from records.services.storage import SpooledFile

from . import file_limits as limits
from .csv_files import (
    CsvTable,
    bounded_lines,
    check_encoding,
    check_regular,
    codec_of,
    name_of,
    open_bytes,
    undecodable,
)
from .encodings import UTF_8
from .framing import Unfinished, column_names
from .json_lists import list_entries
from .table_rows import Row

JSON_NAMES = frozenset({".jsonl", ".ndjson"})
ONE_A_LINE = "write each object in a line of its own, without commas between them."
SURE = (int, float, Numeral)
JSON_LIST = re.compile(r"\s*\[\s*(\{|$)")


@dataclass(frozen=True, slots=True)
class JsonTable(CsvTable):
    """A file with an object in each line, or in each entry of one list, whose keys name the
    columns: `keys` as they are written, in the order in which the beginning of the file has
    them."""

    keys: tuple[str, ...] = ()

    def rows(self, *, survey: bool = False) -> Iterator[Row]:
        """The objects; a line that is none, or has a key that no column has, is a row with a
        fault."""
        places = {key: at for at, key in enumerate(self.keys)}
        for number, line in self._lines(survey=survey):
            try:
                found, in_record = read_line(line)
            except NoRow as problem:
                yield Row(number, [""] * len(places), fault=f"The line is no row: {problem}")
                continue
            strangers = [key for key in found if key not in places]
            if strangers:
                yield Row(number, [""] * len(places), fault=_late(strangers))
            elif any(value is not None for value in found.values()):
                yield self._row(number, found, in_record=in_record)

    def _row(self, number: int, found: Mapping[str, JSON], *, in_record: bool) -> Row:
        values = [found.get(key) for key in self.keys]
        cells = [shown_cell(value, in_record=in_record) for value in values]
        sure = sum(1 << at for at, value in enumerate(values) if isinstance(value, SURE))
        # A numeral is its text where no float is it.
        plain = [str(value) if isinstance(value, Numeral) else value for value in values]
        return Row(number, cells, plain, sure=sure)

    def with_columns(self) -> JsonTable:
        """The same table with the keys of the objects that a survey reads."""
        keys: dict[str, None] = {}
        fault = f"{self.called} is empty; its lines must be objects."
        with suppress(Unfinished):
            for number, line in self._lines(survey=True):
                try:
                    keys.update(dict.fromkeys(read_line(line)[0]))
                except NoRow as problem:
                    if not keys:
                        fault = f"{self.called}, line {number}: {problem}"
                if len(keys) > limits.MAX_COLUMNS:
                    raise limits.too_many_columns(self.called)
        if not keys:
            raise InvalidInput(fault)
        header, nameless = column_names(tuple(keys), self.called)
        return replace(self, header=header, nameless=nameless, keys=tuple(keys))

    def _lines(self, *, survey: bool) -> Iterator[tuple[int, str]]:
        """The lines that are not blank, or the entries of the list, which may be one line; each
        with its number."""
        read = 0
        try:
            with (
                open_bytes(self.path) as raw,
                io.TextIOWrapper(raw, codec_of(self.encoding)) as file,
            ):
                lines = list_entries(file) if _is_list(file) else bounded_lines(file)
                for number, line in enumerate(lines, start=1):
                    if len(line) > limits.MAX_ROW:
                        raise limits.TooLongRow(f"{self.called}, line {number}")
                    if number > limits.MAX_ROWS:
                        raise limits.too_many_rows(self.called)
                    if line.strip():
                        yield number, line
                    read += len(line)
                    if survey and (read > limits.SURVEY_CSV or number > limits.SURVEY_ROWS):
                        raise Unfinished
        except UnicodeError as problem:
            raise InvalidInput(undecodable(self.path, self.encoding, self.called)) from problem
        except (EOFError, gzip.BadGzipFile) as problem:
            raise InvalidInput(f"{self.called}: {problem}.") from problem


def _late(strangers: list[str]) -> str:
    return (
        f"The key {quoted(strangers[0])} is in no line at the beginning of the file: put a line "
        "with every key first."
    )


def is_json(path: Path | SpooledFile, name: str) -> bool:
    """Whether a file has objects of JSON in its lines or in one list: by its name, or by its first
    line."""
    suffixes = [suffix.lower() for suffix in Path(name).suffixes[-2:]]
    is_named = not JSON_NAMES.isdisjoint(suffixes)
    check_regular(path)
    try:
        with open_bytes(path) as file:
            head = file.read(len(codecs.BOM_UTF8) + 1).removeprefix(codecs.BOM_UTF8)
            if not head.startswith((b"{", b"[")):
                return is_named
            file.seek(0)
            line = file.readline(limits.MAX_ROW).decode("utf-8-sig", "replace")
        if JSON_LIST.match(line):
            return True
        return is_named or _has_object(line, is_json=".json" in suffixes, name=name)
    except (OSError, EOFError):
        return is_named


def _is_list(file: io.TextIOWrapper) -> bool:
    """Whether a file begins as a list of objects does; it is read from its beginning again."""
    line = file.readline(limits.MAX_ROW)
    file.seek(0)
    return JSON_LIST.match(line) is not None


def _has_object(line: str, *, is_json: bool, name: str) -> bool:
    try:
        return bool(read_line(line)[0])
    except NoRow:
        if is_json:
            raise InvalidInput(
                f"{name} is JSON with more in it than objects in lines: {ONE_A_LINE}"
            ) from None
        return False


def open_json(path: Path | SpooledFile, encoding: str = "", *, shown: str = "") -> JsonTable:
    """The table in a file of JSON; InvalidInput where the beginning of it has no object."""
    check_regular(path)
    try:
        check_encoding(encoding or UTF_8)
        return JsonTable(path, encoding or UTF_8, (), "", shown, line=0).with_columns()
    except OSError as problem:
        raise InvalidInput(f"{name_of(path)}: {problem.strerror or problem}.") from problem
    except InvalidInput:
        raise
    except (LookupError, ValueError) as problem:
        raise InvalidInput(f"The encoding {encoding!r} does not exist.", at="encoding") from problem
