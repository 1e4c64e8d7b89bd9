"""Writing workbooks without leaving anything behind: the library spools each sheet to a named file
of its own."""

from __future__ import annotations

import os
import re
import shutil
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

# What XML cannot hold or makes another character of, and what reads as the escape of a character.
# A line feed after a carriage return is escaped too: spreadsheets write `_x000D_` before line feeds
# of their own, and readers drop it there.
NO_XML = re.compile(r"\r\n|[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def escaped_for_xml(text: str) -> str:
    """A text as workbooks write it: the character U+0001 as `_x0001_`."""
    return NO_XML.sub(lambda found: "".join(f"_x{ord(mark):04X}_" for mark in found[0]), text)


class UnnamedSheetWriter(WorksheetWriter):
    """Writes the rows of a sheet to an open file, which a killed process does not leave in the
    temporary folder."""

    def __init__(self, sheet: Any, rows: IO[bytes]) -> None:
        super().__init__(sheet, rows)
        # A sheet does this only for a writer that it makes itself.
        self.write_top()

    def cleanup(self) -> None:
        """The file goes when it is closed."""


class _Archive(ZipFile):
    """An archive that takes its entries from open files."""

    def write(self, filename: Any, arcname: Any = None, *_: Any) -> None:
        filename.seek(0, os.SEEK_SET)
        # The final size is unknown when the entry begins, and may pass 4 GiB.
        with self.open(arcname, "w", force_zip64=True) as entry:
            shutil.copyfileobj(filename, entry, 1 << 16)


def save_workbook(book: Workbook, target: IO[bytes]) -> None:
    """Write a workbook whose sheets have such writers."""
    with _Archive(target, "w", ZIP_DEFLATED) as archive:
        ExcelWriter(book, archive).write_data()
