"""Reading XLSX workbooks: the first sheet, row by row, in memory that does not grow with the file.

A workbook is a ZIP archive of XML. Each part is read as a stream of events, and every number that a
file could make large has a limit.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from posixpath import basename, dirname, join, normpath
from typing import BinaryIO, cast
from xml.parsers import expat

from openpyxl.utils.datetime import CALENDAR_MAC_1904, WINDOWS_EPOCH

from records.exceptions import InvalidInput, TooLarge
from records.services.storage import SpooledFile

from . import file_limits as limits
from .cell_formats import Looks
from .framing import Unfinished
from .other_forms import HEAD, check_form
from .sheets import Sheet, Texts
from .table_rows import Row
from .xml_events import Attributes, BrokenWorkbook, Handler, Parser, local_name

CHUNK = 1 << 16
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
REASONS: dict[type[Exception], str] = {
    zipfile.BadZipFile: "the file is damaged or incomplete",
    expat.ExpatError: "its XML is damaged",
    ValueError: "a cell does not hold what it says",
}
# Other files that are ZIP archives too, by a part that they have.
OPEN_DOCUMENT = "content.xml"


@dataclass(slots=True)
class ChosenSheet:
    """The sheet that was read, and the names of all sheets in their order."""

    name: str = ""
    names: Sequence[str] = ()


def workbook_rows(
    raw: SpooledFile,
    called: str,
    *,
    survey: bool = False,
    sheet: str = "",
    chosen: ChosenSheet | None = None,
) -> Iterator[Row]:
    """The rows of a sheet, each with its number: of the one with the name or number `sheet`, else
    of the first visible one that has cells. InvalidInput or TooLarge say what is wrong with the
    workbook.

    A `survey` raises Unfinished where a long sheet goes on. `chosen` is told which sheet it is.
    """
    with _broken_files(called), raw.open() as file:
        check_form(file.read(HEAD), called)
        file.seek(0)
        most = limits.SURVEY_PART if survey else None
        book = _Workbook(cast(BinaryIO, _Pieces(file, called)), called, most)
        yield from book.rows(sheet, ChosenSheet() if chosen is None else chosen)


@contextmanager
def _broken_files(called: str) -> Iterator[None]:
    """Errors of parsers are refusals of the file."""
    try:
        yield
    except (InvalidInput, TooLarge, Unfinished):
        raise
    except Exception as problem:  # noqa: BLE001 - parsers raise whatever a broken workbook makes them stumble over
        raise InvalidInput(
            f"{called} is not a readable workbook: {_reason(problem)}."
            " Open it and save it anew, or save its first sheet as CSV."
        ) from None


def _reason(problem: Exception) -> str:
    """What is wrong with a workbook, in words."""
    if isinstance(problem, BrokenWorkbook) and problem.args:
        return str(problem)
    return REASONS.get(type(problem), "its content is damaged")


class _Pieces:
    """A file that is read in pieces: what asks for much at once follows a hostile directory."""

    def __init__(self, file: BinaryIO, called: str) -> None:
        self._file = file
        self._called = called
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > limits.MAX_DIRECTORY:
            raise limits.passed(
                self._called,
                f"the list of a workbook's parts can have at most {limits.MAX_DIRECTORY:,} bytes",
                limits.AS_CSV,
            )
        return self._file.read(size)


class _Workbook:
    """The parts of a workbook."""

    def __init__(self, file: BinaryIO, called: str, most: int | None) -> None:
        self._archive = zipfile.ZipFile(file)
        self._called = called
        self._most = most
        self._check_parts()
        if OPEN_DOCUMENT in self._archive.NameToInfo:
            raise InvalidInput(
                f"{called} is an OpenDocument file. Save it as an Excel workbook (.xlsx) or as CSV."
            )
        main = next(iter(self._links("").of("officeDocument")), None)
        if main is None:
            raise BrokenWorkbook("it does not say where its content is")
        self._main = main

    def _check_parts(self) -> None:
        parts = self._archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        if unpacked > limits.MAX_UNPACKED or any(map(_is_bomb, parts)):
            raise TooLarge(
                f"{self._called} is too large when unpacked: a workbook can have at most "
                f"{limits.MAX_UNPACKED:,} bytes, packed at most {limits.MAX_RATIO}-fold. "
                f"{limits.AS_CSV}"
            )
        if any(part.compress_type not in PACKINGS for part in parts):
            raise BrokenWorkbook("it is packed in a way that spreadsheets do not use")

    def rows(self, wanted: str, chosen: ChosenSheet) -> Iterator[Row]:
        """The rows of the sheet that is `wanted`, or of the first visible one that has cells."""
        links = self._links(self._main)
        sheets = _Sheets(links)
        self._parse(self._main, sheets, limits.MAX_PART)
        chosen.names = [sheet.name for sheet in sheets.found]
        looks, most = self._looks(links), self._most
        with closing(self._texts(links)) as texts:
            for sheet in self._candidates(sheets.found, wanted):
                chosen.name = sheet.name
                reader = Sheet(sheets.epoch, looks, texts, self._called)
                has_cells = False
                for fed in self._read(sheet.part, reader, most):  # noqa: B007 - used below
                    for row in reader.take():
                        has_cells = has_cells or any(map(str.strip, row.cells))
                        yield row
                if has_cells:
                    return
                # A survey reads no more of many empty sheets than of one.
                most = None if most is None else most - fed

    def _candidates(self, sheets: Sequence[_SheetPart], wanted: str) -> Sequence[_SheetPart]:
        """The sheets to read, until one has cells."""
        if not wanted:
            # What is hidden was not meant to be seen, unless there is nothing else.
            visible = [sheet for sheet in sheets if sheet.is_visible] or sheets
            if not visible:
                raise BrokenWorkbook("it has no sheet")
            return visible
        named = [sheet for sheet in sheets if sheet.name.casefold() == wanted.strip().casefold()]
        if not named and wanted.isdecimal() and len(wanted) < 5:
            named = list(sheets[int(wanted) - 1 : int(wanted)]) if int(wanted) else []
        if not named:
            names = ", ".join(repr(sheet.name) for sheet in sheets[:20])
            raise InvalidInput(
                f"{self._called} has no sheet {wanted[:80]!r}. Its sheets are {names}.", at="sheet"
            )
        return named[:1]

    def _links(self, part: str) -> _Links:
        """Where a part leads to."""
        found = _Links(dirname(part))
        name = join(dirname(part), "_rels", f"{basename(part)}.rels")
        self._parse(name, found, limits.MAX_PART)
        return found

    def _looks(self, links: _Links) -> Looks:
        looks = Looks(self._called)
        if part := self._find(links, "styles"):
            self._parse(part, looks, limits.MAX_PART)
        return looks

    def _texts(self, links: _Links) -> Texts:
        texts = Texts(self._called)
        if part := self._find(links, "sharedStrings"):
            texts.come_from(self._read(part, texts, self._most))
        return texts

    def _find(self, links: _Links, kind: str) -> str | None:
        """A part that workbooks may lack, also where they lead to one."""
        return next((part for part in links.of(kind) if _exact_names(self._archive, part)), None)

    def _parse(self, part: str, handler: Handler, most: int) -> None:
        """Read a part that workbooks keep short."""
        try:
            for _ in self._read(part, handler, most):
                pass
        except Unfinished:
            raise limits.passed(
                self._called,
                f"{part} can have at most {most:,} bytes when unpacked",
                limits.AS_CSV,
            ) from None

    def _read(self, part: str, handler: Handler, most: int | None) -> Iterator[int]:
        """Read a part piece by piece, to its end or as far as the handler needs it; the bytes
        read so far."""
        parser = Parser(handler, self._called)
        names = _exact_names(self._archive, part)
        if not names:
            raise BrokenWorkbook(f"its part {part[:200]} is missing")
        with self._archive.open(names[0]) as file:
            while (chunk := file.read(CHUNK)) and not handler.has_all:
                parser.feed(chunk)
                yield parser.fed
                if most is not None and parser.fed > most and not handler.has_all:
                    raise Unfinished
        if not handler.has_all:
            parser.end()
            yield parser.fed


def _exact_names(archive: zipfile.ZipFile, name: str) -> list[str]:
    """A part's name as the archive spells it, if it has the part; case does not matter."""
    if name in archive.NameToInfo:
        return [name]
    return [found for found in archive.namelist() if found.casefold() == name.casefold()]


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    """Whether something small unpacks to something that takes long to read, and much memory."""
    return part.file_size > max(limits.RATIO_FROM, limits.MAX_RATIO * part.compress_size)


class _Links(Handler):
    """The relationships of a part in this folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.targets: dict[str, str] = {}  # by id
        self._kinds: dict[str, str] = {}

    def start(self, name: str, given: Attributes) -> None:
        if name == "Relationship":
            # A target that begins with a slash begins at the root.
            target = normpath(join("/", self._folder, given.get("Target", "")))
            self.targets[given.get("Id", "")] = target.lstrip("/")
            self._kinds[given.get("Id", "")] = given.get("Type", "").rpartition("/")[2]

    def of(self, kind: str) -> list[str]:
        """The parts of a kind."""
        return [self.targets[key] for key, found in self._kinds.items() if found == kind]


@dataclass(frozen=True, slots=True)
class _SheetPart:
    """A sheet with cells, and the part that holds them."""

    name: str
    part: str
    is_visible: bool


class _Sheets(Handler):
    """The sheets with cells, in their order, and the day that dates are counted from."""

    def __init__(self, links: _Links) -> None:
        self._parts = dict.fromkeys(links.of("worksheet"))
        self._links = links.targets
        self.found: list[_SheetPart] = []
        self.epoch = WINDOWS_EPOCH

    def start(self, name: str, given: Attributes) -> None:
        if name == "workbookPr" and given.get("date1904") in ("1", "true"):
            self.epoch = CALENDAR_MAC_1904
        elif name == "sheet":
            key = next((text for at, text in given.items() if local_name(at) == "id"), "")
            target = self._links.get(key)
            if target in self._parts:
                # A part that is named twice is read once.
                del self._parts[target]
                visible = given.get("state", "visible") == "visible"
                self.found.append(_SheetPart(given.get("name", "")[:255], target, visible))
