"""Files as spreadsheets, statistics programs and people write them go in as they are meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from records.services.importing.import_run import ImportOptions, ImportSummary, import_file
from records.services.importing.matching import ImportPlan, suggest_fields
from records.services.importing.report import keep_at
from records.services.tables.csv_files import open_table
from tests.factories import make_field

from .running import Importing

# By name: the file, the types of the fields that are made of it, and its records.
FILES: dict[str, tuple[str, dict[str, str], list[tuple[Any, ...]]]] = {
    "decimal commas": (
        "name;weight_kg;height\nA;3,125;12,50\nB;4,250;7,00\nC;10,500;9,99\n",
        {"name": "text", "weight_kg": "decimal", "height": "decimal"},
        [("A", 3.125, 12.5), ("B", 4.25, 7), ("C", 10.5, 9.99)],
    ),
    "commas that may be either": (
        "name;weight\nA;3,125\nB;4,250\n",
        {"name": "text", "weight": "text"},
        [("A", "3,125"), ("B", "4,250")],
    ),
    "points that may be either": (
        "name;turnover;since\nA;1.000;31.12.2024\nB;2.500;1.1.2024\n",
        {"name": "text", "turnover": "text", "since": "date"},
        [("A", "1.000", "2024-12-31"), ("B", "2.500", "2024-01-01")],
    ),
    "points in a file of commas": (
        "name;weight;size\nA;3.125;1,5\nB;4.250;2,5\n",
        {"name": "text", "weight": "text", "size": "decimal"},
        [("A", "3.125", 1.5), ("B", "4.250", 2.5)],
    ),
    "Norway": (
        "name,country\nNordfjord AS,NO\nBergen Fisk,NO\n",
        {"name": "text", "country": "text"},
        [("Nordfjord AS", "NO"), ("Bergen Fisk", "NO")],
    ),
    "a column of row names": (
        '"","mpg","cyl"\n"Mazda RX4",21,6\n"Datsun 710",22.8,4\n',
        {"column_1": "text", "mpg": "decimal", "cyl": "integer"},
        [("Mazda RX4", 21, 6), ("Datsun 710", 22.8, 4)],
    ),
    "row names that the header leaves out": (
        '"mpg","cyl"\n"Mazda RX4",21,6\n"Datsun 710",22.8,4\n',
        {"column_1": "text", "mpg": "decimal", "cyl": "integer"},
        [("Mazda RX4", 21, 6), ("Datsun 710", 22.8, 4)],
    ),
    "an empty column": (
        "name,city,\nA,Oslo,\nB,Bergen,\n",
        {"name": "text", "city": "text"},
        [("A", "Oslo"), ("B", "Bergen")],
    ),
    "a header twice": (
        "Name,Phone,Phone\nA,1,2\n",
        {"name": "text", "phone": "text", "phone_2": "text"},
        [("A", "1", "2")],
    ),
    "another script": (
        "Имя,Город,Возраст\nАнна,Москва,30\n",  # noqa: RUF001
        {"column_1": "text", "column_2": "text", "column_3": "integer"},
        [("Анна", "Москва", 30)],
    ),
    "names that are taken": (
        "name,created,created_2\nA,2020-01-01,x\n",
        {"name": "text", "created_3": "date", "created_2": "text"},
        [("A", "2020-01-01", "x")],
    ),
    "delimiters in quotes": (
        '"Name (last, first)";"Size, net";City\n"Doe, Jane";12;Oslo\n',
        {"name_last_first": "text", "size_net": "integer", "city": "text"},
        [("Doe, Jane", 12, "Oslo")],
    ),
    "a line for a spreadsheet": (
        "sep=;\nname;city\nA;Oslo\n",
        {"name": "text", "city": "text"},
        [("A", "Oslo")],
    ),
    "marks for no value": (
        "name,score\nA,NA\nB,3.5\nC,4\n",
        {"name": "text", "score": "decimal"},
        [("A", None), ("B", 3.5), ("C", 4)],
    ),
    "months first": (
        "name,when\nA,12/31/2024\nB,1/5/2024\n",
        {"name": "text", "when": "date"},
        [("A", "2024-12-31"), ("B", "2024-01-05")],
    ),
    "days or months first": (
        "name,when\nA,2/3/2024\nB,1/5/2024\n",
        {"name": "text", "when": "text"},
        [("A", "2/3/2024"), ("B", "1/5/2024")],
    ),
    "codes": (
        "name,zip,phone\nA,10001,22334455\nB,90210,99887766\n",
        {"name": "text", "zip": "text", "phone": "text"},
        [("A", "10001", "22334455"), ("B", "90210", "99887766")],
    ),
    "exponents": (
        "name,v\nA,1.5e-7\nB,2e-3\n",
        {"name": "text", "v": "decimal"},
        [("A", 0.00000015), ("B", 0.002)],
    ),
    "fractions of binary numbers": (
        "name,v\nA,0.30000000000000004\nB,0.1\n",
        {"name": "text", "v": "decimal"},
        [("A", 0.3), ("B", 0.1)],
    ),
    "short rows": (
        "name,city,age\nA,Oslo\nB,Bergen,50\n",
        {"name": "text", "city": "text", "age": "integer"},
        [("A", "Oslo", None), ("B", "Bergen", 50)],
    ),
    "percents": (
        "name,share\nA,12.5%\nB,3%\n",
        {"name": "text", "share": "decimal"},
        [("A", 12.5), ("B", 3)],
    ),
    "percents among other numbers": (
        "name,share\nA,12%\nB,0.5\n",
        {"name": "text", "share": "text"},
        [("A", "12%"), ("B", "0.5")],
    ),
    "fractions without a zero": (
        "name,v\nA,.5\nB,1.5\nC,.\n",
        {"name": "text", "v": "decimal"},
        [("A", 0.5), ("B", 1.5), ("C", None)],
    ),
    "flags of R": (
        "name,ok\nA,TRUE\nB,FALSE\nC,NA\n",
        {"name": "text", "ok": "checkbox"},
        [("A", True), ("B", False), ("C", None)],
    ),
    "years of two digits": (
        "name,at\nA,31/12/24\nB,1/2/99\n",
        {"name": "text", "at": "date"},
        [("A", "2024-12-31"), ("B", "1999-02-01")],
    ),
    "years of two digits that may be of either century": (
        "name,at\nA,31/12/24\nB,1/2/35\n",
        {"name": "text", "at": "text"},
        [("A", "31/12/24"), ("B", "1/2/35")],
    ),
    "whole numbers that lost digits": (
        "name,v\nA,1.234567890123457E+18\nB,1.2E+3\n",
        {"name": "text", "v": "text"},
        [("A", "1.234567890123457E+18"), ("B", "1.2E+3")],
    ),
    "a row of commas": (
        ",,\n1,x,2.5\n2,y,3.5\n",
        {"column_1": "integer", "column_2": "text", "column_3": "decimal"},
        [(1, "x", 2.5), (2, "y", 3.5)],
    ),
    "a title": (
        "Customers 2024,\nname,num\nA,1\n,\nB,2\n",
        {"name": "text", "num": "integer"},
        [("A", 1), ("B", 2)],
    ),
}


def brought_in(
    importing: Importing, text: str, *, into: str = "things", **options: Any
) -> ImportSummary:
    """Import a file of which nothing is said."""
    path = Path(importing.file(text))
    table = open_table(path, "", delimiter="")
    chosen = ImportOptions(keep_at(importing.report), **options)
    return import_file(importing.caller.author, into, table, chosen)


@pytest.mark.parametrize("name", FILES)
def test_a_file_becomes_an_object_as_it_is_meant(importing: Importing, name: str) -> None:
    text, types, records = FILES[name]

    found = brought_in(importing, text, create_object=True)

    schema = importing.caller.schema("things")
    assert {spec.name: spec.type.name for spec in schema.fields if not spec.is_default} == types
    assert importing.records("things", *types) == records
    assert (found.failed, importing.report.exists()) == (0, False)
    # What was made of a file takes the same file again.
    again = brought_in(importing, text, again=True)
    assert (again.failed, again.updated) == (0, 0)


@pytest.mark.parametrize(
    ("header", "cells", "currency"),
    [
        ("v", ["¥1200", "¥3"], "JPY"),
        ("v", ["3,25 EUR", "4,50 EUR"], "EUR"),
        ("v", ["CHF 3.25", "4.50 CHF"], "CHF"),
        ("v", ["€3.25", "4.50 EUR"], "EUR"),
        ("v", ["3,25 zł", "4,50 PLN"], "PLN"),
        ("v", ["3.25 kr", "4.50 kr."], "SEK"),
        ("v", ["\uff11\uff12円", "\uffe5\uff13"], "JPY"),
        ("v", ["12 Ft", "3 Ft"], None),
        ("Price (SEK)", ["3.25", "4.50"], "SEK"),
        ("price", ["3.25", "4.50"], "USD"),
        ("v", ["€3.25", "$4.50"], None),
        ("price", ["3.25 EUR", "4.50 USD"], None),
        ("v", ["SKU 3", "SKU 4"], None),
    ],
)
def test_amounts_become_money_of_their_currency(
    importing: Importing, header: str, cells: list[str], currency: str | None
) -> None:
    rows = "".join(f"A{at};{cell}\n" for at, cell in enumerate(cells))
    found = brought_in(importing, f"name;{header}\n{rows}", create_object=True)

    spec = next(
        spec
        for spec in importing.caller.schema("things").fields
        if not spec.is_default and spec.name != "name"
    )
    options = spec.settings.get("money_options", {})
    assert (spec.type.name, options.get("currency")) == (
        ("money", currency) if currency else ("text", None)
    )
    assert (found.created, found.failed) == (2, 0)


def test_a_currency_is_not_kept_by_a_field_of_numbers(importing: Importing, shops: None) -> None:
    make_field(importing.caller, "shops", "Area", "decimal", name="area")
    found = brought_in(importing, "name,area\nA,€3.50\n", into="shops")
    assert (found.created, found.readings) == (
        1,
        {"area": {"numbers": "point", "read_differently": 1}},
    )
    assert importing.records("shops", "area") == [(3.5,)]
    # A field of amounts has its own.
    assert brought_in(importing, "name,rent\nA,€3.50\n", into="shops").failed == 1


def test_moments_with_a_zone_become_moments(importing: Importing) -> None:
    text = "name,at\nA,2024-01-05 10:00:00 UTC\nB,2024-01-06 10:00:00 UTC\n"
    brought_in(importing, text, create_object=True)

    assert importing.caller.schema("things").by_name["at"].type.name == "datetime"
    moments = [at for (at,) in importing.records("things", "at")]
    assert all(moment.startswith("2024-01-0") for moment in moments)


def test_codes_keep_their_zeros_in_a_later_file(importing: Importing) -> None:
    brought_in(importing, FILES["codes"][0], create_object=True)
    brought_in(importing, "name,zip,phone\nC,00501,07911123456\n")

    assert importing.records("things", "zip", "phone")[-1] == ("00501", "07911123456")


def test_what_is_read_otherwise_than_written_is_counted(importing: Importing) -> None:
    text = "name;size;when\nA;1,5;31/1/2024\nB;NA;2/1/2024\nC;007;\nD;2;\n"
    brought_in(importing, "name;size;when\nX;0,5;2024-01-01\n", create_object=True)

    found = brought_in(importing, text)

    assert found.readings == {
        "size": {"numbers": "comma", "read_differently": 2, "blank_marks": 1},
        "when": {"dates": "dmy", "read_differently": 2},
    }
    assert importing.records("things", "size", "when")[1:] == [
        (1.5, "2024-01-31"),
        (None, "2024-01-02"),
        (7, None),
        (2, None),
    ]


@pytest.mark.parametrize("field", ["rent", "number", "price"])
@pytest.mark.parametrize("cell", ["3,125", "1.000", "-2.500", "1.000 €"])
def test_what_may_be_two_values_is_refused_until_it_is_said(
    importing: Importing, shops: None, cell: str, field: str
) -> None:
    make_field(importing.caller, "shops", "Price", "money", name="price")
    text = f"name;{field}\nHarbour;{cell}\n"
    path = importing.file(text)
    table = open_table(path, "", delimiter="")
    options = ImportOptions(keep_at(importing.report))

    refused = import_file(importing.caller.author, "shops", table, options)
    assert (refused.failed, refused.readings) == (
        1,
        {field: {"numbers": "unclear", "unclear": 1}},
    )
    assert "may be two values" in importing.refused()[0]["message"]


def test_one_long_cell_refuses_no_file(importing: Importing, shops: None) -> None:
    make_field(importing.caller, "shops", "Plan", "json", name="plan")
    long = '{""text"": ""' + "x" * 140_000 + '""}'

    found = brought_in(importing, f'name,plan\nA,"{long}"\nB,\n', into="shops")
    assert (found.created, found.failed) == (2, 0)
    assert brought_in(importing, f'name,plan\nA,"{long}"\n', into="shops").unchanged == 1


GOOGLE = (
    "First Name,E-mail 1 - Value,Phone 1 - Value\n"
    "Ann,ann@example.com ::: ann2@example.com,+1 650 253 0000 ::: +1 650 253 0001\n"
    "Bo,,+1 650 253 0002\n"
)


def test_an_address_book_goes_in(importing: Importing) -> None:
    author, contacts = importing.caller.author, importing.caller.schema("contacts")
    table = open_table(Path(importing.file(GOOGLE)), "", delimiter="")
    mapping = suggest_fields(author, contacts, table.header)
    assert list(mapping.values()) == ["first_name", "email", "mobile_phone"]

    def bring(**options: Any) -> ImportSummary:
        chosen = ImportOptions(keep_at(importing.report), ImportPlan(mapping=mapping), **options)
        return import_file(importing.caller.author, "contacts", table, chosen)

    found = bring()
    assert (found.created, found.failed) == (2, 0)
    assert found.readings == {
        "E-mail 1 - Value": {"first_of_several": 1},
        "Phone 1 - Value": {"first_of_several": 1, "read_differently": 1},
    }
    assert importing.records("contacts", "first_name", "email", "mobile_phone") == [
        ("Ann", "ann@example.com", "+16502530000"),
        ("Bo", None, "+16502530002"),
    ]
    # Nothing says that Bo is there already.
    again = bring()
    assert (again.created, again.unchanged, again.failed) == (0, 1, 1)
    assert bring(again=True).created == 1
