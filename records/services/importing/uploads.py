"""Files that are sent to be imported: CSV or XLSX, kept as they came, and read as CSV in UTF-8."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.files import File

from records.exceptions import InvalidInput, NotAllowed, NotFound, TooLarge
from records.models import ImportUpload, new_uuid
from records.services.access import Author, grant_of, told_field
from records.services.catalogue import ObjectSchema, not_offered
from records.services.storage import SpooledFile, open_stored, store_file
from records.services.tables import (
    UTF_8,
    WORKBOOK,
    ChosenSheet,
    CsvTable,
    Frame,
    Row,
    Unfinished,
    frame,
    is_json,
    numbered,
    open_json,
    open_table,
    workbook_rows,
)
from records.services.tables import file_limits as limits

from .address_books import BOTH_NAMES, NAME_FIELDS
from .creating import preview_columns
from .matching import Column, suggest_fields
from .spellings import Respelt, no_names, respelt

SAMPLES = 3
# What the forms of columns are sought in while the caller waits.
PREVIEWED, PREVIEWED_CELLS = 1000, 100_000
PREVIEWED_ROW = 10_000  # characters; one text of a workbook can be in many cells
SHOWN = 200  # characters of a sample
CHECKED_EVERY = 1000  # rows
WORKBOOKS = "xlsx"  # have no encoding
# Files that an earlier release kept are CSV in UTF-8 already.
CONVERTED = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read as a table; what is empty is found in the file.

    `sheet` is the name or the number of a workbook's sheet, `header_row` the line or the row of the
    sheet that names the columns.
    """

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a file before it is imported. `row_count` is None where a job has yet to
    count. `told` is how it was read, in words of the interfaces."""

    header: Sequence[str]
    samples: Sequence[Sequence[str]]
    row_count: int | None
    told: Mapping[str, Any]


FOUND = Reading()
Suggested = Callable[[Sequence[str]], Mapping[str, Column]]  # of a header


def store_upload(
    author: Author,
    schema: ObjectSchema,
    file_name: str,
    chunks: Iterable[bytes],
    reading: Reading = FOUND,
) -> ImportUpload:
    """Keep a file for an import into an object; TooLarge or InvalidInput if it cannot be read,
    ExternalConfig where records live elsewhere.

    A workbook's first visible sheet with cells is read; in a CSV file commas, semicolons, tabs or
    bars separate cells. `reading` says otherwise.
    Only the beginning of a long file is read: its rows are counted, and the rest of it is checked,
    by the job that imports it.
    """
    grant = grant_of(author, schema)
    if not grant.create and grant.edit == "none":
        raise NotAllowed("You may neither create nor edit records of this object.")
    if schema.external is not None:
        raise not_offered(schema, "imports")
    # Some clients send the whole path of the file, on Windows with backslashes.
    name = Path(file_name.replace("\\", "/")).name.replace("\x00", "")[:255] or "file.csv"
    with SpooledFile(name) as raw:
        _receive(chunks, raw)
        suggested = partial(_suggested, author, schema)
        found = survey(raw, reading, name, suggested, partial(respelt, author))
        with raw.open() as file:
            stored = store_file(f"imports/{author.workspace.uuid}/{new_uuid()}.csv", File(file))
    return ImportUpload.objects.create(
        workspace_id=author.workspace.id,
        object_id=schema.id,
        member_id=author.member.id,
        file_name=name,
        file=stored,
        encoding=found.told["encoding"] or WORKBOOKS,
        reading=dict(found.told),
        header=list(found.header),
        samples=[
            [cell[:SHOWN].replace("\x00", "") for cell in row[: limits.MAX_COLUMNS]]
            for row in found.samples
        ],
        row_count=found.row_count,
    )


def _suggested(author: Author, schema: ObjectSchema, header: Sequence[str]) -> dict[str, Column]:
    """The fields that headers suggest."""
    found = suggest_fields(author, schema, header)
    columns: dict[str, Column] = {}
    for at, name in enumerate(header):
        # Of a full name the first part tells how the whole cell is read.
        is_both = found[name] == BOTH_NAMES
        spec = schema.by_name.get(NAME_FIELDS[0] if is_both else found[name] or "")
        if spec is not None:
            told = told_field(author, schema, spec)
            columns[name] = Column(at, name, spec, told, 0 if is_both else None)
    return columns


def survey(
    raw: SpooledFile,
    reading: Reading,
    name: str,
    suggested: Suggested | None = None,
    respelt: Respelt = no_names,
) -> Survey:
    """The header and the first rows of a file, and the number of all where the file is short;
    `suggested` are the fields that its headers suggest, `respelt` finds what is named otherwise."""
    found, told = _frame(raw, reading, name)
    samples: list[Sequence[str]] = []
    previewed: list[Row] = []
    most = min(PREVIEWED, PREVIEWED_CELLS // len(found.header))
    count: int | None = 0
    try:
        _check_text(found.header, name)
        for at, row in enumerate(found.rows):
            _check_text(row.cells, name)
            if at < SAMPLES:
                samples.append(row.cells)
            if len(previewed) < most and sum(map(len, row.cells)) <= PREVIEWED_ROW:
                previewed.append(row)
            count = at + 1
    except Unfinished:
        count = None
    fields = suggested(found.header) if suggested is not None else {}
    columns = preview_columns(found.header, previewed, told["delimiter"] or "", fields, respelt)
    return Survey(found.header, samples, count, {**told, "columns": columns})


def get_upload(author: Author, schema: ObjectSchema, upload_uuid: str) -> ImportUpload:
    """One of the author's own uploads; NotFound for any other."""
    row = ImportUpload.objects.filter(
        workspace_id=author.workspace.id,
        object_id=schema.id,
        member_id=author.member.id,
        uuid=upload_uuid,
    ).first()
    if row is None:
        raise NotFound
    return row


def _check_text(cells: Sequence[str], name: str) -> None:
    """InvalidInput where the encoding of a file spells halves of characters, as some can."""
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"{name} contains invalid characters.") from None


@contextmanager
def copy_upload(upload: ImportUpload) -> Iterator[CsvTable]:
    """The uploaded table as a CSV file of this machine, under its own name, until the block ends.

    The upload knows the number of its rows from now on. TooLarge or
    InvalidInput say what is wrong with the file.
    """
    name = f"{Path(upload.file_name).stem[:100] or 'file'}.csv"
    with SpooledFile(name) as raw, SpooledFile(name) as kept:
        source = open_stored(str(upload.file.name))
        if source is None:
            raise NotFound("The uploaded file no longer exists; upload it again.")
        with source:
            for chunk in source.chunks():
                raw.write(chunk)
        if is_json(raw, upload.file_name):
            json_table = open_json(raw, upload.encoding, shown=upload.file_name)
            if upload.row_count is None:
                _note_count(upload, json_table.count())
            yield json_table
            return
        if upload.encoding == CONVERTED:
            yield open_table(raw, shown=upload.file_name, header_row=1)
            return
        table = keep_converted(raw, kept, told_reading(upload), upload.file_name)
        if upload.row_count is None:
            _note_count(upload, table.count())
        yield table


@contextmanager
def open_file(path: Path, reading: Reading = FOUND) -> Iterator[CsvTable]:
    """The table in a CSV file or a workbook of this machine, until the block ends."""
    is_book = _is_workbook(path)
    _check_sheet(reading, str(path), is_workbook=is_book)
    if path.is_file() and is_json(path, path.name):
        yield open_json(path, reading.encoding)
        return
    if not is_book:
        yield open_table(
            path, reading.encoding, delimiter=reading.delimiter, header_row=reading.header_row
        )
        return
    with SpooledFile(path.name) as raw, SpooledFile(path.name) as kept:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                raw.write(chunk)
        yield keep_converted(raw, kept, reading, str(path))


def _check_sheet(reading: Reading, name: str, *, is_workbook: bool) -> None:
    """InvalidInput for a sheet of a file that has none."""
    if reading.sheet and not is_workbook:
        raise InvalidInput(f"{name} is no workbook, and has no sheets.", at="sheet")


def _is_workbook(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(WORKBOOK)) == WORKBOOK


def preview(upload: ImportUpload, at: int) -> Mapping[str, Any]:
    """What a column of an upload seems to be; nothing of files that an earlier release took."""
    columns: list[Mapping[str, Any]] = upload.reading.get("columns", [])
    return columns[at] if at < len(columns) else {}


def told_reading(upload: ImportUpload) -> Reading:
    """How an upload was read when it came."""
    told = upload.reading
    # An earlier release told the encoding alone.
    return Reading(
        "" if upload.encoding == WORKBOOKS else upload.encoding,
        told.get("delimiter") or "",
        told.get("sheet") or "",
        told.get("header_row"),
    )


def _note_count(upload: ImportUpload, count: int) -> None:
    upload.row_count = count
    ImportUpload.objects.filter(workspace_id=upload.workspace_id, id=upload.pk).update(
        row_count=count
    )


def _receive(chunks: Iterable[bytes], target: SpooledFile) -> None:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limits.MAX_BYTES:
            raise TooLarge(
                f"A file to import can have at most {limits.MAX_BYTES:,} bytes. {limits.SPLIT}"
            )
        target.write(chunk)
    if not size:
        raise InvalidInput("The file is empty; its first row must name the columns.")


def keep_converted(raw: SpooledFile, kept: SpooledFile, reading: Reading, name: str) -> CsvTable:
    """Write the table of a file as CSV in UTF-8, each row after its number in the file."""
    found, told = _frame(raw, reading, name, survey=False)
    digest, line = hashlib.sha256(), io.StringIO()
    write = csv.writer(line).writerow
    try:
        with kept.open_text() as target:
            for at, row in enumerate(chain([Row(found.line, found.header)], found.rows)):
                line.seek(0)
                line.truncate()
                write(row.cells)
                text = line.getvalue()
                digest.update(text.encode())
                target.write(f"{numbered(row)},{text}")
                if not at % CHECKED_EVERY and target.tell() > limits.MAX_UNPACKED:
                    raise TooLarge(
                        f"{name}: a table can have at most {limits.MAX_UNPACKED:,} bytes as CSV. "
                        f"{limits.SPLIT}"
                    )
    except UnicodeEncodeError as problem:
        raise InvalidInput(f"{name} contains invalid characters.") from problem
    return CsvTable(
        kept,
        UTF_8,
        found.header,
        shown=name,
        nameless=found.nameless,
        line=found.line,
        above=found.above,
        numbered=True,
        written_delimiter=told["delimiter"] or "",
        sheet=told["sheet"] or "",
        sheets=tuple(told["sheets"]),
        known_digest=digest.hexdigest(),
    )


def _frame(
    raw: SpooledFile, reading: Reading, name: str, *, survey: bool = True
) -> tuple[Frame, dict[str, Any]]:
    """The columns and the rows of a file of either form, and how it was read; rows of a `survey`
    raise Unfinished where a long file goes on."""
    with raw.open() as file:
        is_workbook = file.read(len(WORKBOOK)) == WORKBOOK
    _check_sheet(reading, name, is_workbook=is_workbook)
    told: dict[str, Any] = {"encoding": None, "delimiter": None, "sheet": None, "sheets": []}
    if is_workbook:
        chosen = ChosenSheet()
        rows = workbook_rows(raw, name, survey=survey, sheet=reading.sheet, chosen=chosen)
        found = _sheet_frame(rows, name, reading.header_row)
        told |= {"sheet": chosen.name, "sheets": list(chosen.names), "encoding_is_guess": False}
    elif is_json(raw, name):
        objects = open_json(raw, reading.encoding, shown=name)
        found = Frame(objects.header, objects.nameless, 0, 0, objects.rows(survey=survey))
        told |= {"encoding": objects.encoding, "encoding_is_guess": False}
        return found, told | {"header_row": None, "rows_above": 0}
    else:
        table = open_table(
            raw,
            reading.encoding,
            delimiter=reading.delimiter,
            shown=name,
            header_row=reading.header_row,
        )
        rows = table.rows(survey=survey)
        found = Frame(table.header, table.nameless, table.line, table.above, rows)
        told |= {"encoding": table.encoding, "delimiter": table.delimiter}
        told["encoding_is_guess"] = table.is_guess
    return found, told | {"header_row": found.line, "rows_above": found.above}


def _sheet_frame(rows: Iterator[Row], name: str, header_row: int | None) -> Frame:
    try:
        return frame(rows, name, header_row)
    except Unfinished:
        raise limits.passed(
            name,
            f"the names of a sheet's columns must be in its first {limits.SURVEY_PART:,} bytes",
            limits.AS_CSV,
        ) from None
