"""Numbers of workbooks go in as their cells show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from records.services.importing import ImportOptions, keep_at, open_file
from records.services.importing import import_file as import_table
from tests.factories import FieldDefinition, make_object
from tests.services.importing.running import Importing

# Cells, each a value and its number format, under a header; the type and settings of the field that
# is made of them, and its values.
CODES = ["[Red]00000", "00000_)", "[$-409]00000", "[Color10]00000", "###00000", "[<=99999]00000;0"]
MADE: list[tuple[str, list[tuple[Any, str]], str, list[Any]]] = [
    *(("v", [(501, code), (12, code)], "text", ["00501", "00012"]) for code in CODES),
    ("v", [(501, '"A"0000'), (12, '"A"0000')], "text", ["A0501", "A0012"]),
    ("price", [(12.5, "[$€-407] #,##0.00"), (3, "[$€-407] #,##0.00")], "EUR", [12.5, 3]),
    ("price", [(12.5, '"£"#,##0.00'), (3, '"£"#,##0.00')], "GBP", [12.5, 3]),
    ("v", [(1250.5, '#,##0.00\\ "€"'), (3, "General")], "EUR", [1250.5, 3]),
    ("price", [(12.5, "[$€-407] 0"), (3, "[$$-409]0")], "text", ["€12.5", "$3"]),
    ("v", [(0.125, "0.0%"), (0.5, "0%")], "decimal", [12.5, 50]),
    ("v", [(0.125, "0.0%"), (0.5, "0.0")], "text", ["12.5%", "0.5"]),
    ("v", [(0.125, "0.000"), (3, "#,##0")], "decimal", [0.125, 3]),
    ("v", [(1234567890123456789, "0"), (1, "0")], "text", ["1.234567890123457e+18", "1"]),
]


def workbook(path: Path, header: str, cells: list[tuple[Any, str]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", header])
    for at, (value, form) in enumerate(cells, start=2):
        sheet.append([f"R{at}", value])
        sheet.cell(at, 2).number_format = form
    book.save(path)
    return path


@pytest.mark.parametrize(("header", "cells", "kind", "values"), MADE)
def test_a_field_is_made_of_what_cells_show(
    importing: Importing, header: str, cells: list[tuple[Any, str]], kind: str, values: list[Any]
) -> None:
    path = workbook(importing.folder / "book.xlsx", header, cells)
    with open_file(path) as table:
        options = ImportOptions(keep_at(importing.report), create_object=True)
        found = import_table(importing.caller.author, "things", table, options)

    spec = importing.caller.schema("things").by_name[header]
    currency = spec.settings.get("money_options", {}).get("currency")
    assert (currency or spec.type.name) == kind
    shown = [value for (value,) in importing.records("things", header)]
    assert [one["amount"] if isinstance(one, dict) else one for one in shown] == values
    assert (found.created, found.failed) == (2, 0)


@pytest.mark.parametrize(
    ("kind", "cell", "value", "readings"),
    [
        ("decimal", (0.125, "0.0%"), 12.5, {"read_differently": 1}),
        ("decimal", (12.5, "[$€-407] 0.00"), 12.5, {"read_differently": 1}),
        ("integer", (501, "[Red]00000"), 501, {"read_differently": 1}),
        ("integer", (1234567890123456789, "0"), 1234567890123460000, {"read_differently": 1}),
        ("money", (12.5, '"£"0.00'), None, {}),  # its currency is another
        ("text", (501, "[Red]00000"), "00501", {}),
    ],
)
def test_what_is_read_otherwise_is_counted_or_refused(
    importing: Importing, kind: str, cell: tuple[Any, str], value: Any, readings: dict[str, int]
) -> None:
    make_object(importing.caller, "Things", FieldDefinition("V", kind, name="v"))
    with open_file(workbook(importing.folder / "book.xlsx", "v", [cell])) as table:
        options = ImportOptions(keep_at(importing.report))
        found = import_table(importing.caller.author, "things", table, options)

    told = {key: count for key, count in found.readings.get("v", {}).items() if key != "numbers"}
    assert told == readings
    assert importing.records("things", "v") == ([] if value is None else [(value,)])
