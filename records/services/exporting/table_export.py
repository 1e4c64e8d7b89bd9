"""The records of an object as a file: a page of records at a time in memory, whatever their
number."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any

from openpyxl import Workbook

from records.exceptions import InvalidInput
from records.field_types import FieldSpec, cell_text, listed
from records.field_types.base import UUID_FORM
from records.services.access import Author
from records.services.catalogue import ObjectSchema, schema_in_any_state
from records.services.reading import RecordView, RelatedField
from records.services.search import SearchPage, SearchRequest
from records.services.storage import SpooledFile

from .cells import escaped
from .json_lines import CANCELLED, ID, written_line
from .workbooks import UnnamedSheetWriter, escaped_for_xml, save_workbook

PAGE = 500
MAX_ROWS_XLSX = 1_048_575
MAX_CELL_XLSX = 32_767
DIVIDERS = frozenset(";\t|")
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


Search = Callable[[Author, ObjectSchema, SearchRequest], SearchPage]  # of the home of the records


def export_table(
    author: Author,
    schema: ObjectSchema,
    request: SearchRequest,
    form: str,
    search: Search,
    *,
    bom: bool = False,
    whole: bool = False,
) -> IO[bytes]:
    """The records that a search finds, of which the author sees what a search shows, as `csv`,
    `xlsx` or `jsonl`; CSV with a byte order mark where `bom` is asked for. The tables of `whole`
    records have their ids before the fields, and after them whether they are cancelled.

    The file is complete when this returns: an error on the way still gets its HTTP status, and
    no caller mistakes a part of a table for all of it. Links seen from their far side are cut as
    on a page; a table says so, in words that no import takes for links.
    """
    if form not in FORMS:
        raise InvalidInput(f"expected one of {', '.join(FORMS)}.", at="format")
    if bom and form != "csv":
        raise InvalidInput("only CSV has a byte order mark.", at="bom")
    if not request.fields and not whole:
        # A search without fields tells ids; a file of blank lines tells nothing.
        raise InvalidInput("name at least one field.", "required", at="field_names")
    target = SpooledFile()
    try:
        if bom:
            target.write(codecs.BOM_UTF8)
        views = read_views(author, schema, request, search)
        FORMS[form](author, request.fields, views, target, whole=whole)
        return target.as_file()
    # Ctrl-C too: a cancelled export must not leave its file behind.
    except BaseException:
        with suppress(
            OSError
        ):  # on a full disk, what is left in its buffer cannot be written either
            target.close()
        raise


def exported_fields(fields: Sequence[FieldSpec]) -> tuple[FieldSpec, ...]:
    """Of an object's fields those whose values are whole in an export, and its own: no links of
    other records."""
    return tuple(spec for spec in fields if spec.mirror_of_id is None)


def read_views(
    author: Author, schema: ObjectSchema, request: SearchRequest, search: Search
) -> Iterator[RecordView]:
    """Every record that a search finds, a page at a time."""
    # By cursor, uncounted: page numbers cost more the further they go.
    request = replace(request, page=1, page_size=PAGE, cursor=None, count=False, whole_lists=True)
    page = search(author, schema, request)
    while True:
        yield from page.views
        if not page.has_next:
            return
        page = search(author, schema, replace(request, cursor=page.next_cursor))


# ---------------------------------------------------------------- cells


def _reader(author: Author, spec: FieldSpec, *, in_sheet: bool) -> Callable[[Any], Any]:
    """How a value of a field becomes a cell: the number it is (in a sheet also the day or moment),
    or a text that no spreadsheet runs."""
    if spec.is_link:
        # An archived object's records may link to each other.
        related = schema_in_any_state(author.directory, spec.related_object_id or 0)
        # An import finds related records by identifier where names are one, else by id.
        by_name = related.identifier is not None and related.identifier.name in ("name", "email")
        key = related.identifier.name if related.identifier is not None and by_name else "id"
        return lambda value: escaped(_links(value, key))
    if isinstance(spec, RelatedField):
        if not spec.link.multiple:
            return _reader(author, spec.target, in_sheet=in_sheet)
        return lambda value: escaped(cell_text(value))
    to_cell = partial(spec.type.to_sheet_cell if in_sheet else spec.type.to_cell, spec)
    return lambda value: escaped(cell) if type(cell := to_cell(value)) is str else cell


def _links(value: Any, key: str) -> str:
    if not isinstance(value, list):
        return _link(value, key)
    return listed([_link(item, key) for item in value if item])


def _link(item: Mapping[str, Any], key: str) -> str:
    name = str(item.get(key) or "").strip()
    # A link whose record has no name keeps its id, or the cell would lose it; a name in the form of
    # an id would be read as one.
    return name if name and not UUID_FORM.fullmatch(name) else str(item["id"])


def _rows(
    author: Author,
    fields: Sequence[FieldSpec],
    views: Iterator[RecordView],
    *,
    whole: bool,
    in_sheet: bool = False,
) -> Iterator[list[Any]]:
    names = [escaped(spec.name) for spec in fields]
    with_id, with_state = _columns_beside(fields, whole=whole)
    yield [ID] * with_id + names + [CANCELLED] * with_state
    flags = (False, True) if in_sheet else ("false", "true")
    cells = shown_cells(author, fields, in_sheet=in_sheet)
    for view in views:
        row = cells(view)
        state = flags[view.row.cancelled_at is not None]
        yield [view.uuid] * with_id + row + [state] * with_state


def shown_cells(
    author: Author, fields: Sequence[FieldSpec], *, in_sheet: bool
) -> Callable[[RecordView], list[Any]]:
    """How a record's values become the cells of a row."""
    readers = [(spec.id, _reader(author, spec, in_sheet=in_sheet)) for spec in fields]

    def cells(view: RecordView) -> list[Any]:
        values = view.values
        row = ["" if values.get(key) is None else read(values[key]) for key, read in readers]
        # Only pages with far sides of relationships have totals; other rows skip the pass.
        if view.totals:
            row = [_cut(view, key, cell) for (key, _), cell in zip(readers, row, strict=True)]
        return row

    return cells


def _columns_beside(fields: Sequence[FieldSpec], *, whole: bool) -> tuple[bool, bool]:
    """Whether a table has a column for the records' ids, and one that says what is cancelled; a
    field of that name would be taken for it."""
    names = {spec.name for spec in fields}
    return whole and ID not in names, whole and CANCELLED not in names


def _cut(view: RecordView, key: int, cell: Any) -> Any:
    """A cell, with the number of the links that are not in it: an import refuses it, and drops none
    of them."""
    if key not in view.totals:
        return cell
    left = view.totals[key] - len(view.values.get(key) or ())
    return f"{cell}; … and {left} more" if left > 0 else cell


# ---------------------------------------------------------------- forms


def _csv(
    author: Author,
    fields: Sequence[FieldSpec],
    views: Iterator[RecordView],
    target: SpooledFile,
    *,
    whole: bool,
) -> None:
    rows = _rows(author, fields, views, whole=whole)
    with target.open_text() as text:
        if whole or len(fields) > 1:
            csv.writer(text).writerows(rows)
            return
        plain, quoting = csv.writer(text), csv.writer(text, quoting=csv.QUOTE_ALL)
        for row in rows:
            # A reader would take what divides the values of a single column for what divides
            # columns.
            (quoting if DIVIDERS.intersection(str(*row)) else plain).writerow(row)


def _jsonl(
    author: Author,
    fields: Sequence[FieldSpec],
    views: Iterator[RecordView],
    target: SpooledFile,
    *,
    whole: bool,
) -> None:
    """A line for each record; values as callers of the API read them, so nothing needs escaping.
    Every line has every key: an import knows the columns by the first of them."""
    for view in views:
        values = {spec.name: view.values.get(spec.id) for spec in fields}
        is_cancelled = view.row.cancelled_at is not None
        target.write(written_line(view.uuid, view.display_name, values, cancelled=is_cancelled))


def _xlsx(
    author: Author,
    fields: Sequence[FieldSpec],
    views: Iterator[RecordView],
    target: SpooledFile,
    *,
    whole: bool,
) -> None:
    with_id, with_state = _columns_beside(fields, whole=whole)
    shown = [ID] * with_id + [spec.display_name for spec in fields] + [CANCELLED] * with_state
    write_workbook(_rows(author, fields, views, whole=whole, in_sheet=True), shown, target)


def write_workbook(table: Iterable[list[Any]], shown: Sequence[str], target: SpooledFile) -> None:
    """Write rows, the header first, as the one sheet of a workbook; `shown` is what messages call
    the columns. InvalidInput where a workbook cannot hold them."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Records")
    with TemporaryFile() as rows:
        # The library has no public way to choose where a sheet is spooled.
        sheet._writer = UnnamedSheetWriter(sheet, rows)
        try:
            for at, row in enumerate(table):
                # Row 0 is the header, so the last allowed row number equals the number of records.
                if at > MAX_ROWS_XLSX:
                    raise InvalidInput(
                        f"A workbook holds {MAX_ROWS_XLSX} records; export CSV instead.",
                        "limit_exceeded",
                    )
                sheet.append(list(map(_xlsx_cell, shown, row)))
        finally:
            sheet.close()  # while there still is a file that its end can be written to
        save_workbook(book, target.as_file())


def _xlsx_cell(label: str, value: Any) -> Any:
    """A value that a workbook can hold: long integers would lose digits."""
    if isinstance(value, str):
        value = escaped_for_xml(value)
        if len(value) > MAX_CELL_XLSX:
            raise InvalidInput(
                f"A cell of a workbook holds {MAX_CELL_XLSX} characters, and a record has "
                f"more in {label};"
                " export CSV instead.",
                "limit_exceeded",
            )
        return value
    # Spreadsheets keep 15 significant digits.
    return str(value) if isinstance(value, int) and abs(value) >= 10**15 else value


Form = Callable[..., None]
FORMS: dict[str, Form] = {"csv": _csv, "xlsx": _xlsx, "jsonl": _jsonl}
