"""Records as files: every page of a search, in each form, or nothing at all."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from records.exceptions import NotFound
from records.services.access.author import Author
from records.services.catalogue.object_schema import ObjectSchema
from records.services.exporting import table_export
from records.services.exporting.table_export import export_table, exported_fields
from records.services.search.pages import SearchPage, SearchRequest, search_records
from tests.factories import (
    Caller,
    FieldDefinition,
    make_field,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import invalid_at, refusal


@pytest.fixture
def things(workspace: Caller, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """Five things on three pages of an export."""
    monkeypatch.setattr(table_export, "PAGE", 2)
    make_object(
        workspace, "Things", FieldDefinition("Note", "text"), FieldDefinition("Count", "integer")
    )
    for at in range(5):
        make_record(workspace, "things", name=f"T{at}", note=f"={at}" if at else None, count=at)
    return workspace


def exported(caller: Caller, form: str, **asked: Any) -> bytes:
    schema = caller.schema("things")
    fields = tuple(schema.by_name[name] for name in ("name", "note", "count"))
    request = SearchRequest(fields, ordering=("name",), **asked)
    with export_table(caller.author, schema, request, form, search_records) as file:
        return file.read()


ROWS = [
    ["T0", "", "0"],
    ["T1", "'=1", "1"],
    ["T2", "'=2", "2"],
    ["T3", "'=3", "3"],
    ["T4", "'=4", "4"],
]


def test_all_pages_are_in_a_table(things: Caller) -> None:
    rows = list(csv.reader(io.StringIO(exported(things, "csv").decode(), newline="")))

    assert rows == [["name", "note", "count"], *ROWS]


def test_a_workbook_has_numbers_as_numbers(things: Caller) -> None:
    sheet = load_workbook(io.BytesIO(exported(things, "xlsx"))).worksheets[0]

    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert rows[0] == ["name", "note", "count"]
    assert [[name, note or "", str(count)] for name, note, count in rows[1:]] == ROWS


# What an expression makes, its result type, and the cell of a workbook.
CELLS: list[tuple[str, str | None, Any]] = [
    ("record.data.count * 1.5", None, 6),
    ("record.data.count * 2.5", "number", 10),
    ("record.data.count > 3", None, True),
    ("record.data.count > 3", "boolean", True),
    ("'2024-05-17'", None, datetime(2024, 5, 17)),  # noqa: DTZ001
    ("'2024-05-17'", "text", "2024-05-17"),
    ("timestamp('2024-05-17T09:30:00Z')", None, datetime(2024, 5, 17, 11, 30)),  # noqa: DTZ001
    ("'2024-99-99'", None, "2024-99-99"),
    ("'=' + record.data.name", None, "'=T9"),
]


@pytest.mark.parametrize(("expression", "result", "cell"), CELLS)
def test_a_workbook_has_what_formulas_make_in_cells_of_its_type(
    things: Caller, expression: str, result: str | None, cell: Any
) -> None:
    options = {"expression": expression} | ({"result_type": result} if result else {})
    make_field(things, "things", "Made", "formula", settings={"formula_options": options})
    make_record(things, "things", name="T9", count=4)
    schema = things.schema("things")
    request = SearchRequest((schema.by_name["made"],), ordering=("name",))

    with export_table(things.author, schema, request, "xlsx", search_records) as file:
        sheet = load_workbook(io.BytesIO(file.read())).worksheets[0]

    assert [row[0] for row in sheet.iter_rows(values_only=True)][-1] == cell


def test_a_workbook_has_checkboxes_as_booleans(things: Caller) -> None:
    make_field(things, "things", "Done", "checkbox")
    make_record(things, "things", name="A", done=False)
    schema = things.schema("things")
    request = SearchRequest((schema.by_name["done"],), ordering=("name",))

    with export_table(things.author, schema, request, "xlsx", search_records) as file:
        sheet = load_workbook(io.BytesIO(file.read())).worksheets[0]

    assert [row[0] for row in sheet.iter_rows(values_only=True)][:2] == ["done", False]


def test_every_line_of_json_has_every_key(things: Caller) -> None:
    lines = [json.loads(line) for line in exported(things, "jsonl").splitlines()]

    assert [list(line["fields"]) for line in lines] == [["name", "note", "count"]] * 5


def test_lines_of_json_are_values_as_an_api_shows_them(things: Caller) -> None:
    lines = [json.loads(line) for line in exported(things, "jsonl").splitlines()]

    assert [line["fields"].get("note") for line in lines] == [None, "=1", "=2", "=3", "=4"]
    assert set(lines[0]) == {"id", "display_name", "cancelled", "fields"}


@pytest.mark.parametrize("form", ["", "pdf", "CSV"])
def test_a_form_that_there_is_not_is_refused(things: Caller, form: str) -> None:
    assert invalid_at(exported, things, form) == (("format",), "invalid")


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_a_search_that_fails_on_the_way_gives_no_file(things: Caller, form: str) -> None:
    schema = things.schema("things")

    def failing(author: Author, asked: ObjectSchema, request: SearchRequest) -> SearchPage:
        if request.cursor is not None:
            raise NotFound
        return search_records(author, asked, request)

    request = SearchRequest((schema.by_name["name"],))
    assert isinstance(
        refusal(export_table, things.author, schema, request, form, failing), NotFound
    )


def test_a_workbook_refuses_what_it_would_cut(
    things: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_export, "MAX_CELL_XLSX", 1)
    assert invalid_at(exported, things, "xlsx") == ((), "limit_exceeded")
    monkeypatch.undo()
    monkeypatch.setattr(table_export, "MAX_ROWS_XLSX", 4)
    assert invalid_at(exported, things, "xlsx") == ((), "limit_exceeded")
    assert exported(things, "csv").count(b"\n") == 6


def test_links_of_other_records_are_not_an_objects_own(things: Caller) -> None:
    make_relation(things, "things", "Part of", "things", "primary", "Parts")

    names = [spec.name for spec in exported_fields(things.schema("things").fields)]
    assert ("part_of" in names, "parts" in names) == (True, False)
