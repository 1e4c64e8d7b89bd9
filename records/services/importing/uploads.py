"""Files that are sent to be imported: CSV or XLSX, kept as CSV in UTF-8 until they are."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from openpyxl import load_workbook

from records.exceptions import InvalidInput, NotAllowed, NotFound, TooLarge
from records.models import ImportUpload, new_uuid
from records.services.access import Author, grant_of
from records.services.object_schema import ObjectSchema
from records.services.spooled import SpooledFile

from .reading import WORKBOOK, CsvTable, find_delimiter, open_table

MAX_BYTES = 200 * 1024 * 1024
MAX_UNPACKED = 1024 * 1024 * 1024  # of a workbook
MAX_RATIO, RATIO_FROM = 100, 1024 * 1024  # of a part of it to what it is packed into; tables come to 10 or 20
MAX_ROWS = 2**20  # of a sheet
MAX_COLUMNS = 1000
SAMPLES = 3


def store_upload(
    author: Author, schema: ObjectSchema, file_name: str, chunks: Iterable[bytes], encoding: str = "utf-8"
) -> ImportUpload:
    """Keep a file for an import into an object; TooLarge or InvalidInput say what is wrong with it.

    A workbook's first sheet is read; in a CSV file commas, semicolons, tabs or bars separate cells.
    """
    grant = grant_of(author, schema)
    if not grant.create and grant.edit == "none":
        raise NotAllowed("You may neither create nor edit records of this object.")
    name = Path(file_name.replace("\\", "/")).name.replace("\x00", "")[:255] or "file.csv"
    with SpooledFile(name) as raw, SpooledFile(name) as kept:
        _receive(chunks, raw)
        _convert(raw, kept, encoding, name)
        table = open_table(kept, shown=name)
        rows = table.rows()
        samples = [list(row.cells) for row in islice(rows, SAMPLES)]
        count = len(samples) + sum(1 for _ in rows)
        with kept.open() as file:
            stored = default_storage.save(f"imports/{author.workspace.uuid}/{new_uuid()}.csv", File(file))
    return ImportUpload.objects.create(
        workspace_id=author.workspace.id,
        object_id=schema.id,
        member_id=author.member.id,
        file_name=name,
        file=stored,
        header=list(table.header),
        samples=[[cell[:200].replace("\x00", "") for cell in row] for row in samples],
        row_count=count,
    )


def get_upload(author: Author, schema: ObjectSchema, upload_uuid: str) -> ImportUpload:
    """One of the author's own uploads; NotFound for any other."""
    row = ImportUpload.objects.filter(
        workspace_id=author.workspace.id, object_id=schema.id, member_id=author.member.id, uuid=upload_uuid
    ).first()
    if row is None:
        raise NotFound
    return row


@contextmanager
def copy_upload(upload: ImportUpload) -> Iterator[CsvTable]:
    """The uploaded table as a file of this machine, under its own name, until the block ends."""
    with SpooledFile(f"{Path(upload.file_name).stem[:100] or 'file'}.csv") as copy:
        try:
            source = default_storage.open(str(upload.file.name), "rb")
        except FileNotFoundError:
            raise NotFound("The uploaded file is not there any more; upload it again.") from None
        with source:
            for chunk in source.chunks():
                copy.write(chunk)
        yield open_table(copy, shown=upload.file_name)


def _receive(chunks: Iterable[bytes], target: SpooledFile) -> None:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_BYTES:
            raise TooLarge(f"A file to import has at most {MAX_BYTES} bytes.")
        target.write(chunk)
    if not size:
        raise InvalidInput("The file is empty; its first row should name the columns.")


def _convert(raw: SpooledFile, kept: SpooledFile, encoding: str, name: str) -> None:
    with raw.open() as file:
        is_workbook = file.read(len(WORKBOOK)) == WORKBOOK
    rows = _workbook_rows(raw, name) if is_workbook else _text_rows(raw, encoding, name)
    try:
        with kept.open_text() as target:
            csv.writer(target).writerows(rows)
    except UnicodeEncodeError as problem:  # some encodings spell halves of characters
        raise InvalidInput(f"{name} has something in it that is no character.") from problem


# ---------------------------------------------------------------- CSV


def _text_rows(raw: SpooledFile, encoding: str, name: str) -> Iterator[Sequence[str]]:
    table = open_table(raw, encoding, delimiter=find_delimiter(raw, encoding), shown=name)
    yield table.header
    for row in table.rows():
        yield row.cells


# ---------------------------------------------------------------- XLSX


def _workbook_rows(raw: SpooledFile, name: str) -> Iterator[Sequence[str]]:
    try:
        with raw.open() as file, zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
        if sum(part.file_size for part in parts) > MAX_UNPACKED or any(map(_is_bomb, parts)):
            raise TooLarge(f"{name} is too big once it is unpacked.")
        with raw.open() as file:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            yield from _sheet_rows(book.worksheets[0])
            book.close()
    except (InvalidInput, TooLarge):
        raise
    except Exception as problem:  # noqa: BLE001 - the library raises whatever a broken workbook makes it stumble over
        raise InvalidInput(f"{name} is no workbook that can be read: {type(problem).__name__}.") from None


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    """Whether something small unpacks to something that takes long to read, and much memory."""
    return part.file_size > max(RATIO_FROM, MAX_RATIO * part.compress_size)


def _sheet_rows(sheet: Any) -> Iterator[Sequence[str]]:
    """The rows of a sheet, all as wide as its header; empty rows are left out."""
    width = 0
    for at, row in enumerate(sheet.iter_rows(values_only=True)):
        if at == MAX_ROWS:  # rows that a file passes over are read as empty ones, and it may pass over any number
            raise InvalidInput(f"A sheet has at most {MAX_ROWS} rows.", "limit_exceeded")
        cells = [_cell(value) for value in row[: MAX_COLUMNS + 1]]
        if not width:
            while cells and not cells[-1].strip():
                cells.pop()
            width = len(cells)
            if width > MAX_COLUMNS:
                raise InvalidInput(f"A table has at most {MAX_COLUMNS} columns.", "limit_exceeded")
            if width:
                yield cells
        elif any(cells):
            surplus = any(cells[width:])
            yield cells if surplus else [*cells[:width], *[""] * (width - len(cells))]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)
