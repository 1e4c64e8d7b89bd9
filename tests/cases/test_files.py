"""Files from public bug reports and from real tables: each goes in as it was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.services.importing import (
    ImportOptions,
    ImportPlan,
    ImportSummary,
    keep_at,
    open_file,
    suggest_fields,
)
from records.services.importing import import_file as import_table
from tests.factories import Caller, FieldDefinition, make_object
from tests.services.importing.running import Importing

INPUTS = Path(__file__).parent / "inputs"

# By file, of which an object is made: the types of its fields, and its records.
MADE: dict[str, tuple[dict[str, str], list[tuple[Any, ...]]]] = {
    "05-decimal-comma.csv": (
        {"name": "text", "weight_kg": "decimal", "price": "money"},
        [("A", 3.125, 12.5), ("B", 4.25, 7), ("C", 10.5, 9.99)],
    ),
    "06-norway.csv": (
        {"name": "text", "country": "text"},
        [("Nordfjord AS", "NO"), ("Bergen Fisk", "NO")],
    ),
    "08-empty-header-index.csv": (
        {"column_1": "text", "mpg": "decimal", "cyl": "integer"},
        [("Mazda RX4", 21, 6), ("Datsun 710", 22.8, 4)],
    ),
    "09-empty-header-trailing.csv": (
        {"name": "text", "city": "text"},
        [("A", "Oslo"), ("B", "Bergen")],
    ),
    "10-duplicate-header.csv": (
        {"name": "text", "phone": "text", "phone_2": "text"},
        [("A", "1", "2")],
    ),
    "11-nonlatin-headers.csv": (
        {"column_1": "text", "column_2": "text", "column_3": "integer"},
        [("Анна", "Москва", 30)],
    ),
    "13-created-collision.csv": (
        {"name": "text", "created_3": "date", "created_2": "text"},
        [("A", "2020-01-01", "x")],
    ),
    "14-delimiter-in-quotes.csv": (
        {"name_last_first": "text", "price_net": "money", "city": "text"},
        [("Doe, Jane", 12, "Oslo")],
    ),
    "16-sep-line.csv": ({"name": "text", "city": "text"}, [("A", "Oslo")]),
    "17-na-marks.csv": (
        {"name": "text", "score": "decimal"},
        [("A", None), ("B", 3.5), ("C", 4)],
    ),
    "18-us-dates.csv": (
        {"name": "text", "when": "date"},
        [("A", "2024-12-31"), ("B", "2024-01-05")],
    ),
    "20-zip-integer.csv": (
        {"name": "text", "zip": "text", "phone": "text"},
        [("A", "10001", "22334455"), ("B", "90210", "99887766")],
    ),
    "24-csv-scientific.csv": (
        {"name": "text", "v": "decimal"},
        [("A", 0.00000015), ("B", 0.002)],
    ),
    "26-ragged-short.csv": (
        {"name": "text", "city": "text", "zip": "text"},
        [("A", "Oslo", None), ("B", "Bergen", "5003")],
    ),
    "35-utc-suffix.csv": (
        {"name": "text", "at": "datetime"},
        [("A", "2024-01-05T11:00:00+01:00"), ("B", "2024-01-06T11:00:00+01:00")],
    ),
}
# By workbook, which goes into an object that exists: the fields read, and the records.
TAKEN: dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]] = {
    "03-xlsx-dimension.xlsx": (("name", "note"), [("A", "x"), ("B", "y")]),
    "22-xlsx-17-digits.xlsx": (("name", "num"), [("A", 0.3)]),
    "23-xlsx-small.xlsx": (("name", "num"), [("A", 0.0000001)]),
    "28-xlsx-carriage-return.xlsx": (("name", "txt"), [("A", "l1\nl2")]),
    "32-xlsx-duration.xlsx": (("name", "note"), [("B", "26:30:00")]),
    "33-xlsx-title-row.xlsx": (("name", "note"), [("A", "x")]),
}


def bring(importing: Importing, name: str, into: str = "things", **options: Any) -> ImportSummary:
    """Import a file of which nothing is said."""
    with open_file(INPUTS / name) as table:
        chosen = ImportOptions(keep_at(importing.report), **options)
        return import_table(importing.caller.author, into, table, chosen)


@pytest.fixture
def things(workspace: Caller) -> Caller:
    """Things with a field of the kinds that the workbooks have."""
    kinds = {"txt": "longtext", "num": "decimal", "d": "date", "dt": "datetime", "note": "text"}
    fields = [FieldDefinition(name.capitalize(), kind, name=name) for name, kind in kinds.items()]
    make_object(workspace, "Things", *fields)
    return workspace


@pytest.mark.parametrize("name", MADE)
def test_an_object_is_made_of_a_file(importing: Importing, name: str) -> None:
    types, records = MADE[name]

    found = bring(importing, name, create_object=True)

    schema = importing.caller.schema("things")
    assert {spec.name: spec.type.name for spec in schema.fields if not spec.is_default} == types
    assert [values_of(row) for row in importing.records("things", *types)] == records
    assert (found.created, found.failed) == (len(records), 0)


def values_of(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Money as its amount."""
    return tuple(value["amount"] if isinstance(value, dict) else value for value in row)


def test_codes_of_a_later_file_keep_their_zeros(importing: Importing) -> None:
    bring(importing, "20-zip-integer.csv", create_object=True)
    bring(importing, "20-zip-integer-later.csv")

    assert importing.records("things", "zip", "phone")[-1] == ("00501", "07911123456")


@pytest.mark.parametrize("name", TAKEN)
def test_a_workbook_goes_into_an_object(things: Caller, importing: Importing, name: str) -> None:
    fields, records = TAKEN[name]

    found = bring(importing, name)

    assert (found.created, found.failed) == (len(records), 0)
    assert importing.records("things", *fields) == records


def test_the_report_counts_rows_as_the_sheet_does(things: Caller, importing: Importing) -> None:
    found = bring(importing, "31-xlsx-report-row.xlsx")

    assert (found.created, found.failed) == (1, 1)
    assert [(row["line"], row["value"]) for row in importing.refused()] == [("3", "BAD")]


def test_an_exact_label_wins_over_an_api_name(workspace: Caller, importing: Importing) -> None:
    columns = [FieldDefinition("# change", "decimal"), FieldDefinition("% change", "decimal")]
    make_object(workspace, "Things", *columns)

    assert bring(importing, "01-wrong-column.csv").created == 1
    schema = workspace.schema("things")
    name = next(spec.name for spec in schema.fields if spec.display_name == "% change")
    assert importing.records("things", "change", name) == [(None, 7)]


def test_an_address_book_goes_in_with_what_is_suggested(importing: Importing) -> None:
    caller = importing.caller
    with open_file(INPUTS / "37-google-contacts.csv") as table:
        plan = ImportPlan(
            mapping=suggest_fields(caller.author, caller.schema("contacts"), table.header)
        )
        options = ImportOptions(keep_at(importing.report), plan)
        found = import_table(caller.author, "contacts", table, options)

    assert (found.created, found.failed) == (2, 0)
    assert {name: told["first_of_several"] for name, told in found.readings.items()} == {
        "E-mail 1 - Value": 1,
        "Phone 1 - Value": 1,
    }
    assert importing.records("contacts", "first_name", "email", "mobile_phone") == [
        ("Ann", "ann@example.com", "+16502530000"),
        ("Bo", None, "+16502530002"),
    ]


@pytest.mark.parametrize("head", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_an_old_workbook_is_refused_with_the_way_out(
    importing: Importing, tmp_path: Path, head: bytes
) -> None:
    old = tmp_path / "old.xls"
    old.write_bytes(head + bytes(2048))

    with pytest.raises(InvalidInput) as refusal, open_file(old):
        pass
    assert "old.xls is a workbook of Excel 97-2003" in refusal.value.detail
    assert "save it as .xlsx" in refusal.value.detail
