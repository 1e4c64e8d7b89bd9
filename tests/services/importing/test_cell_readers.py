"""What is read as another value than is written is counted, whatever the type and the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from records.services.importing import ImportOptions, ImportSummary, keep_at, open_file
from records.services.importing import import_file as import_table
from records.services.importing.uploads import store_upload
from records.services.people import update_workspace
from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object

from .running import Importing

DIFFERENT = {"read_differently": 1}
LONG = "2024-05-17T09:30:00.123456789"


def written(path: Path, cells: Sequence[Any]) -> Path:
    """A file with a column of texts or values of JSON beside the names of its rows."""
    if path.suffix == ".xlsx":
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        for row in [["name", "v"], *([f"T{at}", cell] for at, cell in enumerate(cells))]:
            sheet.append(row)
        book.save(path)
    elif path.suffix == ".jsonl":
        lines = [f'{{"name": "T{at}", "v": {cell}}}\n' for at, cell in enumerate(cells)]
        path.write_text("".join(lines), encoding="utf-8")
    else:
        rows = [f'T{at};"{cell}"\n' for at, cell in enumerate(cells)]
        path.write_text("name;v\n" + "".join(rows), encoding="utf-8")
    return path


def bring(importing: Importing, path: Path) -> ImportSummary:
    with open_file(path) as table:
        options = ImportOptions(keep_at(importing.report))
        return import_table(importing.caller.author, "things", table, options)


def things(caller: Caller, kind: str, **more: Any) -> None:
    make_object(caller, "Things", FieldDefinition("V", kind, name="v", **more))


def told(found: ImportSummary) -> dict[str, Any]:
    shown = dict(found.readings.get("v", {}))
    return {key: value for key, value in shown.items() if key not in ("numbers", "dates")}


# A type, the cells of a column, what is stored, and what is counted.
CELLS: list[tuple[str, list[Any], list[Any], dict[str, int]]] = [
    ("phonenumber", ["650 253 0000"], ["+16502530000"], DIFFERENT),
    ("phonenumber", ["+16502530000"], ["+16502530000"], {}),
    ("email", ["Ann@EXAMPLE.com"], ["Ann@example.com"], DIFFERENT),
    ("email", ["Ann@example.com "], ["Ann@example.com"], {}),
    ("zip_code", ["12345"], ["12345"], {}),
    ("checkbox", ["yes", "true", "FALSE"], [True, True, False], DIFFERENT),
    ("time", ["9:30", "09:30"], ["09:30:00", "09:30:00"], DIFFERENT),
    ("datetime", [LONG + "Z"], ["2024-05-17T11:30:00.123456+02:00"], DIFFERENT),
    ("datetime", ["2024-05-17T09:30:00.5000000Z"], ["2024-05-17T11:30:00.500000+02:00"], {}),
    ("datetime", ["2024-05-17 09:30"], ["2024-05-17T09:30:00+02:00"], {}),
    ("datetime", ["2024-05-17"], ["2024-05-17T00:00:00+02:00"], DIFFERENT),
    ("date", ["2024-05-17"], ["2024-05-17"], {}),
    ("date", ["--05-17", " --0517", "--05", "---17"], [None] * 4, {"without_year": 4}),
    ("datetime", ["--05-17"], [None], {"without_year": 1}),
    ("text", ["--05-17"], ["--05-17"], {}),
    ("integer", ["1.0", "7", "+7", "007"], [1, 7, 7, 7], {"read_differently": 2}),
    ("decimal", ["1e-07", "'-5"], [1e-07, -5], {}),  # as an export writes them
    ("decimal", ["1e5"], [100000], DIFFERENT),
    ("decimal", ["1,5", "2,5-"], [1.5, -2.5], {"read_differently": 2}),
    ("text", ["1.000", " a ", "'=1"], ["1.000", " a ", "=1"], DIFFERENT),
    ("json", ["{ }"], [None], {"blank_marks": 1}),
    ("json", ['{ ""a"": [1, 2.50] }'], [{"a": [1, 2.5]}], {}),
    ("json", ['{""a"": 1, ""a"": 2}'], [{"a": 2}], DIFFERENT),
    ("json", ['{""a"": 0.12345678901234567890}'], [{"a": 0.12345678901234568}], DIFFERENT),
    ("dynamictags", ["x; y"], [["x", "y"]], {}),
    ("dynamictags", ["x;x"], [["x"]], DIFFERENT),
]


@pytest.mark.parametrize(("kind", "cells", "values", "counts"), CELLS)
def test_what_is_read_as_another_text_is_counted(
    importing: Importing, kind: str, cells: list[Any], values: list[Any], counts: dict[str, int]
) -> None:
    things(importing.caller, kind)

    path = written(importing.folder / "x.csv", cells)
    found = bring(importing, path)

    assert [value for (value,) in importing.records("things", "v")] == values
    assert (found.failed, told(found)) == (0, counts)


@pytest.mark.parametrize(
    ("kind", "options", "cells", "count"),
    [
        ("dropdown", ("Red", "Blue"), ["red", "Blue", "RED "], 2),
        ("checkboxes", ("Red", "Blue"), ["red; Blue", "Red;Blue", "Red; Red"], 2),
    ],
)
def test_options_in_another_spelling_are_counted(
    importing: Importing, kind: str, options: tuple[str, ...], cells: list[str], count: int
) -> None:
    things(importing.caller, kind, options=tuple(map(OptionDefinition, options)))
    found = bring(importing, written(importing.folder / "x.csv", cells))
    assert (found.failed, told(found)) == (0, {"read_differently": count})


# An hour that comes twice, one that does not come, and others.
@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("2024-10-27 02:30", 1),
        ("2024-03-31 02:30", 1),
        ("2024-10-27 01:30", 0),
        ("2024-10-27T02:30:00+01:00", 0),
        ("27.10.2024 02:30", 1),
    ],
)
def test_hours_that_clocks_do_not_tell_are_counted(
    importing: Importing, cell: str, count: int
) -> None:
    update_workspace(importing.caller.author, name="W", time_zone="Europe/Berlin", region="US")
    things(importing.caller, "datetime")
    found = bring(importing, written(importing.folder / "x.csv", [cell]))
    assert found.readings.get("v", {}).get("read_differently", 0) == count


# Cells of workbooks and values of JSON lines: numbers are sure, texts are as those of CSV.
TYPED: list[tuple[str, list[Any], list[Any], dict[str, int]]] = [
    ("decimal", [1.5, "1,5"], [1.5, 1.5], DIFFERENT),
    ("decimal", [1.5, "1.000"], [1.5, None], {"unclear": 1}),
    ("decimal", [1.125, "1.000", "0.5"], [1.125, 1, 0.5], {}),
    ("decimal", [1.125, "1.000", "0,5"], [1.125, 1000, 0.5], {"read_differently": 2}),
    ("integer", [1000, "1.000"], [1000, None], {"unclear": 1}),
    ("integer", [1000, "1,000"], [1000, None], {"unclear": 1}),
    ("money", [1.5, "1.000 €"], [1.5, None], {"unclear": 1}),
    ("text", ["1.000", 1.5], ["1.000", "1.5"], {}),
]


@pytest.mark.parametrize("form", ["xlsx", "jsonl"])
@pytest.mark.parametrize(("kind", "cells", "values", "counts"), TYPED)
def test_numbers_are_sure_and_texts_are_read_in_the_form_of_their_column(
    importing: Importing,
    form: str,
    kind: str,
    cells: list[Any],
    values: list[Any],
    counts: dict[str, int],
) -> None:
    settings = {"money_options": {"currency": "EUR"}} if kind == "money" else {}
    things(importing.caller, kind, settings=settings)
    shown = cells if form == "xlsx" else list(map(json.dumps, cells))

    found = bring(importing, written(importing.folder / f"x.{form}", shown))

    stored = dict(importing.records("things", "name", "v"))
    assert [stored.get(f"T{at}") for at in range(len(cells))] == [
        value if kind != "money" or value is None else amount(value) for value in values
    ]
    assert told(found) == counts


def amount(value: float) -> dict[str, Any]:
    return {"currency": "EUR", "symbol": "€", "amount": value}


# Values of JSON as they are written, what is stored, and what is counted.
JSON_VALUES: list[tuple[str, str, Any, dict[str, int]]] = [
    ("text", "1E5", "1E5", {}),
    ("text", "100000.0", "100000.0", {}),
    ("text", "true", "true", {}),
    ("text", '["a", "b"]', "a; b", DIFFERENT),
    ("text", '{"a": 1}', '{"a": 1}', DIFFERENT),
    ("decimal", "1E5", 100000, {}),
    ("integer", "1e2", 100, {}),
    ("integer", '"007"', 7, DIFFERENT),
    ("dynamictags", '["a", "b"]', ["a", "b"], {}),
    ("dynamictags", '["a", "a"]', ["a"], DIFFERENT),
    ("dynamictags", '[["a"]]', ['[["a"]]'], DIFFERENT),
    ("dynamictags", '{"a": 1}', ['{"a": 1}'], DIFFERENT),
    ("json", '{"a": 1E5}', {"a": 100000.0}, {}),
    ("email", '"a@EXAMPLE.com"', "a@example.com", DIFFERENT),
    ("phonenumber", '"650 253 0000"', "+16502530000", DIFFERENT),
]


@pytest.mark.parametrize(("kind", "value", "stored", "counts"), JSON_VALUES)
def test_values_of_json_that_become_others_are_counted(
    importing: Importing, kind: str, value: str, stored: Any, counts: dict[str, int]
) -> None:
    things(importing.caller, kind)
    found = bring(importing, written(importing.folder / "x.jsonl", [value]))
    assert (importing.records("things", "v"), told(found)) == ([(stored,)], counts)


def test_every_cell_is_counted_however_many_there_are(importing: Importing) -> None:
    things(importing.caller, "email")
    cells = [f"a{at}@EXAMPLE.com" for at in range(12_000)]
    found = bring(importing, written(importing.folder / "x.csv", cells))
    assert told(found) == {"read_differently": 12_000}


def test_a_preview_shows_what_cells_are_read_as(importing: Importing) -> None:
    things(importing.caller, "phonenumber")
    caller = importing.caller
    content = b"name,v\nA,650 253 0000\nB,+16502530000\nC,650 253 0000\n"

    made = store_upload(caller.author, caller.schema("things"), "x.csv", [content])

    column = made.reading["columns"][1]
    assert column["read_differently"] == 2
    assert column["examples"] == [{"written": "650 253 0000", "read": "+16502530000"}]


def test_a_preview_shows_days_without_a_year(importing: Importing) -> None:
    things(importing.caller, "date")
    caller = importing.caller
    content = b"name,v\nA,--05-17\nB,1980-05-17\nC,NA\n"

    made = store_upload(caller.author, caller.schema("things"), "x.csv", [content])

    column = made.reading["columns"][1]
    assert (column["without_year"], column["blank_marks"], column["marks"]) == (1, 1, ["NA"])
    assert column["examples"] == [{"written": "--05-17", "read": ""}]


def test_days_without_a_year_are_kept_as_texts_of_a_new_object(importing: Importing) -> None:
    text = "name,born\nA,--05-17\nB,--12-24\n"
    with open_file(importing.file(text)) as table:
        options = ImportOptions(keep_at(importing.report), create_object=True)
        import_table(importing.caller.author, "people", table, options)
    assert importing.records("people", "born") == [("--05-17",), ("--12-24",)]


def test_what_the_delimiter_alone_decides_is_counted(importing: Importing) -> None:
    things(importing.caller, "decimal")
    found = importing("things", "name,v\nA,1.000\nB,2.250\n")
    assert told(found) == {"assumed": 2}
    assert told(importing("things", "name,v\nA,1.000\nB,2.5\n")) == {}
