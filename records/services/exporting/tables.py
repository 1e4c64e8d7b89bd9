"""The records of an object as a table that streams: a page of records at a time, whatever their number."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from tempfile import TemporaryFile
from typing import IO, Any

import orjson
from openpyxl import Workbook

from records.exceptions import InvalidInput
from records.field_types import FieldSpec
from records.services.access import Author
from records.services.object_schema import ObjectSchema
from records.services.read import RecordView
from records.services.search import SearchRequest, search_records

from .cells import cell_text, escaped
from .workbooks import UnnamedSheetWriter, save_workbook

PAGE = 500
MAX_ROWS_XLSX = 1_048_575
MAX_CELL_XLSX = 32_767
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export_records(author: Author, schema: ObjectSchema, request: SearchRequest, form: str) -> Iterator[bytes]:
    """The records that a search finds, of which the author sees what a search shows, as `csv`, `xlsx` or `jsonl`.

    The first page is read before this returns, so that what is wrong with the search is said at once. Links seen from
    their far side are cut as on a page; a table says so, in words that no import takes for links.
    """
    if form not in FORMS:
        raise InvalidInput(f"format: expected one of {', '.join(FORMS)}.")
    views = _views(author, schema, request)
    first = next(views, None)

    def all_views() -> Iterator[RecordView]:
        if first is not None:
            yield first
            yield from views

    return _from_first(FORMS[form](author, request.fields, all_views()))


def _from_first(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks; what goes wrong before the first is raised now, while it can still be said with a status."""
    first = next(chunks, b"")

    def rest() -> Iterator[bytes]:
        yield first
        yield from chunks

    return rest()


def exported_fields(fields: Sequence[FieldSpec]) -> tuple[FieldSpec, ...]:
    """Of an object's fields those whose values are whole in an export, and its own: no links of other records."""
    return tuple(spec for spec in fields if spec.mirror_of_id is None)


def _views(author: Author, schema: ObjectSchema, request: SearchRequest) -> Iterator[RecordView]:
    request = replace(request, page=1, page_size=PAGE, cursor=None, count=False, whole_lists=True)
    page = search_records(author, schema, request)
    while True:
        yield from page.views
        if not page.has_next:
            return
        page = search_records(author, schema, replace(request, cursor=page.next_cursor))


# ---------------------------------------------------------------- cells


def _reader(author: Author, spec: FieldSpec) -> Callable[[Any], Any]:
    """How a value of a field becomes a cell: the number it is, or a text that no spreadsheet runs."""
    if spec.relation_kind:
        related = author.directory.schema(spec.related_object_id or 0)
        by_name = related.identifier is not None and related.identifier.name in ("name", "email")
        key = related.identifier.name if related.identifier is not None and by_name else "id"
        return lambda value: escaped(_links(value, key))
    if spec.type.is_document:
        return lambda value: escaped(orjson.dumps(value).decode())
    if spec.type.name == "files":
        return lambda value: escaped(_links(value, "id"))
    if spec.type.column == "number" and spec.type.name != "checkbox":
        return _number
    return lambda value: escaped(cell_text(value))


def _links(value: Any, key: str) -> str:
    items = value if isinstance(value, list) else [value]
    return "; ".join(str(item.get(key) or item["id"]) for item in items if item)


def _number(value: Any) -> Any:
    amount = value.get("amount") if isinstance(value, dict) else value
    return "" if amount is None else amount


def _rows(author: Author, fields: Sequence[FieldSpec], views: Iterator[RecordView]) -> Iterator[list[Any]]:
    yield [escaped(spec.name) for spec in fields]
    readers = [(spec.id, _reader(author, spec)) for spec in fields]
    for view in views:
        values = view.values
        row = ["" if values.get(key) is None else read(values[key]) for key, read in readers]
        yield [_cut(view, key, cell) for (key, _), cell in zip(readers, row, strict=True)] if view.totals else row


def _cut(view: RecordView, key: int, cell: Any) -> Any:
    """A cell, with the number of the links that are not in it: an import refuses it, and drops none of them."""
    left = view.totals.get(key, 0) - len(view.values.get(key) or ())
    return f"{cell}; … and {left} more" if left > 0 else cell


# ---------------------------------------------------------------- forms


def _csv(author: Author, fields: Sequence[FieldSpec], views: Iterator[RecordView]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for at, row in enumerate(_rows(author, fields, views)):
        writer.writerow(row)
        if at % PAGE == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _jsonl(author: Author, fields: Sequence[FieldSpec], views: Iterator[RecordView]) -> Iterator[bytes]:
    """A line for each record; values as callers of the API read them, so nothing needs escaping."""
    for view in views:
        values = {spec.name: view.values[spec.id] for spec in fields if spec.id in view.values}
        yield orjson.dumps({"id": view.uuid, "display_name": view.display_name, "fields": values}) + b"\n"


def _xlsx(author: Author, fields: Sequence[FieldSpec], views: Iterator[RecordView]) -> Iterator[bytes]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Records")
    file: IO[bytes]
    with TemporaryFile() as rows, TemporaryFile() as file:
        sheet._writer = UnnamedSheetWriter(sheet, rows)
        try:
            for at, row in enumerate(_rows(author, fields, views)):
                if at > MAX_ROWS_XLSX:
                    raise InvalidInput(
                        f"A workbook holds {MAX_ROWS_XLSX} records; export CSV instead.", "limit_exceeded"
                    )
                sheet.append([_xlsx_cell(spec, value) for spec, value in zip(fields, row, strict=True)])
        finally:
            sheet.close()  # while there still is a file that its end can be written to
        save_workbook(book, file)
        file.seek(0)
        while chunk := file.read(1 << 16):
            yield chunk


def _xlsx_cell(spec: FieldSpec, value: Any) -> Any:
    """A value that a workbook can hold: long integers would lose digits, control characters have no place in it."""
    if isinstance(value, str):
        if len(value) > MAX_CELL_XLSX:
            raise InvalidInput(
                f"A cell of a workbook holds {MAX_CELL_XLSX} characters, and a record has more in {spec.display_name};"
                " export CSV instead.",
                "limit_exceeded",
            )
        return "".join(char for char in value if char >= " " or char in "\t\n\r")
    return str(value) if isinstance(value, int) and abs(value) >= 10**15 else value


Form = Callable[[Author, Sequence[FieldSpec], Iterator[RecordView]], Iterator[bytes]]
FORMS: dict[str, Form] = {"csv": _csv, "xlsx": _xlsx, "jsonl": _jsonl}
