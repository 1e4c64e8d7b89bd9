"""Importing CSV files: which row is which record, and what becomes of bad rows."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.models import FieldOption, Record
from tests.factories import (
    FieldDefinition,
    archive,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import differences, history

from .running import AIRPORTS, Importing

# ---------------------------------------------------------------- rows and records


def test_rows_change_the_records_that_have_their_identifier(
    importing: Importing, shops: None
) -> None:
    kept = make_record(importing.caller, "shops", name="Harbour  Shop", number=1)
    make_record(importing.caller, "shops", name="Valley Shop", number=2)

    text = "name,number\nharbour shop,3\nValley Shop,2\nSummit Shop,4\n"
    assert importing.counts("shops", text) == (1, 1, 1, 0)
    assert importing.records("shops", "name", "number") == [
        ("harbour shop", 3),
        ("Valley Shop", 2),
        ("Summit Shop", 4),
    ]
    newest = history(importing.caller, "shops", kept.record.uuid)[0]
    assert (newest.source, newest.version, newest.reason) == ("import", 2, "Import of file.csv")


def test_the_same_file_twice_changes_nothing(importing: Importing) -> None:
    importing("airports", AIRPORTS, create_object=True)

    assert importing.counts("airports", AIRPORTS) == (0, 0, 3, 0)
    assert importing.count(Record, version=1) == 3


def test_of_two_rows_with_one_identifier_the_later_wins(importing: Importing, shops: None) -> None:
    assert importing.counts("shops", "name,number\nHarbour,1\nharbour,2\n", batch_size=1) == (
        1,
        1,
        0,
        0,
    )
    assert importing.counts("shops", "name,number\nValley,3\nvalley,4\n") == (1, 1, 0, 0)

    assert importing.records("shops", "name", "number") == [("harbour", 2), ("valley", 4)]


def test_a_blank_cell_says_nothing(importing: Importing, shops: None) -> None:
    make_record(importing.caller, "shops", name="Harbour", number=1)

    assert importing.counts("shops", "name,number,size\nHarbour, ,\nValley,,\n") == (1, 0, 1, 0)
    assert importing.records("shops", "name", "number") == [("Harbour", 1), ("Valley", None)]


def test_rows_are_matched_by_another_unique_field(importing: Importing, shops: None) -> None:
    make_record(importing.caller, "shops", name="Harbour", number=1)

    text = "Number,name\n1,Harbour Shop\n01,Harbour\n2,Valley\n"
    assert importing.counts("shops", text, match="number") == (1, 2, 0, 0)
    assert importing.records("shops", "name", "number") == [("Harbour", 1), ("Valley", 2)]


@pytest.mark.parametrize(
    ("match", "message"),
    [
        ("size", "The values of 'size' are not unique"),
        ("colour", "No field of 'shops' is called 'colour'"),
        ("number", "The file has no column for 'number'"),
    ],
)
def test_rows_cannot_be_matched_by_any_field(
    importing: Importing, shops: None, match: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        importing("shops", "name,size\na,Small\n", match=match)


def test_new_records_are_made_once_from_the_same_file(importing: Importing) -> None:
    text = "size\n1\n1\n2\n"
    importing("things", text, create_object=True)

    again = importing("things", text)
    assert again.done_before is not None
    assert (again.created, importing.count(Record)) == (3, 3)
    assert importing.counts("things", text, again=True) == (3, 0, 0, 0)
    assert importing.counts("things", f"{text}3\n") == (4, 0, 0, 0)
    assert importing.count(Record) == 10


def test_a_file_of_changes_can_be_left_alone_once_done(importing: Importing) -> None:
    importing("airports", AIRPORTS, create_object=True)

    assert importing("airports", AIRPORTS, again=False).done_before is not None


def test_links_are_named_by_the_identifier_of_the_other_record(importing: Importing) -> None:
    importing("airports", AIRPORTS, create_object=True)
    make_object(importing.caller, "Strikes", identifier_field=None)
    make_relation(importing.caller, "strikes", "Airport", "airports", "primary", "Strikes")

    assert importing.counts("strikes", "airport\nDFW\ndfw\n\nXXX\n") == (2, 0, 0, 1)
    assert importing.records("strikes", "airport") == [("Dallas-Fort Worth",)] * 2
    assert importing.refused() == [
        {
            "line": "5",
            "field": "airport",
            "code": "does_not_exist",
            "message": "The record 'XXX' does not exist.",
            "value": "XXX",
        }
    ]
    assert differences(importing.caller) == []


def test_tags_are_made_once_over_all_batches(importing: Importing, shops: None) -> None:
    text = "name,kinds\na,new; old\nb,New\nc,old;newest\n"
    assert importing.counts("shops", text, batch_size=1) == (3, 0, 0, 0)

    assert importing.records("shops", "kinds") == [
        (["new", "old"],),
        (["new"],),
        (["old", "newest"],),
    ]
    assert importing.count(FieldOption, field__name="kinds") == 3


def test_rows_may_name_the_records_of_rows_before_them(importing: Importing, shops: None) -> None:
    make_relation(importing.caller, "shops", "Branch of", "shops", "primary", "Branches")

    assert importing.counts("shops", "name,branch_of\na,\nb,a\nc,b\n", batch_size=1) == (3, 0, 0, 0)
    assert importing.records("shops", "branch_of") == [(None,), ("a",), ("b",)]


# ---------------------------------------------------------------- rows that are refused


def test_good_rows_are_kept_and_bad_ones_reported(importing: Importing, shops: None) -> None:
    make_record(importing.caller, "shops", name="First", number=7)
    text = (
        "name,number,size,rent\n"
        "Harbour,1,Small,10\n"
        "Valley,x,Huge,10\n"
        '"two\nlines",2,,,more\n'
        "Summit,7,Small,10\n"
        ",3,Small,10\n"
        "Coast,4,Large,10\n"
    )

    found = importing("shops", text)
    assert (found.created, found.failed, found.rows, found.report) == (
        2,
        4,
        6,
        str(importing.report),
    )
    assert [tuple(row.values()) for row in importing.refused()] == [
        ("3", "number", "invalid", "Expected a whole number.", "x"),
        (
            "3",
            "size",
            "does_not_exist",
            'There is no option "Huge". The options are Small, Large.',
            "Huge",
        ),
        ("4", "", "invalid", "The row has 5 cells, the header 4.", ""),
        ("5", "number", "unique", "Another record has this number.", "7"),
        ("6", "name", "required", "The row does not say which record it belongs to.", ""),
    ]
    assert importing.records("shops", "name") == [("First",), ("Harbour",), ("Coast",)]


def test_a_required_field_that_has_no_column_is_reported_by_its_name(
    importing: Importing, shops: None
) -> None:
    assert importing.counts("shops", "number\n1\n") == (0, 0, 0, 1)

    assert [(row["field"], row["code"]) for row in importing.refused()] == [("name", "required")]


def test_the_name_of_an_archived_record_is_reported(importing: Importing, shops: None) -> None:
    gone = make_record(importing.caller, "shops", name="Harbour")
    archive(importing.caller, "shops", gone.record.uuid)

    assert importing.counts("shops", "name\nHarbour\n") == (0, 0, 0, 1)
    assert [(row["field"], row["code"]) for row in importing.refused()] == [
        ("name", "archived_conflict")
    ]


def test_what_the_member_may_not_do_is_reported(importing: Importing, shops: None) -> None:
    make_record(importing.caller, "shops", name="Harbour")
    clerk = make_member(
        importing.caller, "clerk@example.com", {"shops": {"create": False, "view": "all"}}
    )
    own = Importing(clerk, importing.folder)

    assert own.counts("shops", "name,number\nHarbour,1\nValley,2\n") == (0, 0, 0, 2)
    assert {row["code"] for row in own.refused()} == {"permission_required"}


def test_the_report_of_an_earlier_run_goes_when_all_is_well(
    importing: Importing, shops: None
) -> None:
    importing("shops", "name,number\nHarbour,x\n")
    assert importing.report.exists()

    importing("shops", "name,number\nHarbour,1\n")
    assert not importing.report.exists()
    assert sorted(path.name for path in importing.folder.iterdir()) == ["file.csv"]


def test_a_report_that_cannot_be_written_is_said_before_anything_is_stored(
    importing: Importing, shops: None
) -> None:
    importing.report = importing.folder / "missing" / "errors.csv"

    with pytest.raises(
        InvalidInput, match=r"The report cannot be written: .*the folder does not exist"
    ):
        importing("shops", "name,number\nHarbour,1\nValley,x\n", batch_size=1)
    assert importing.records("shops", "name") == []


def test_odd_bytes_end_up_in_the_report(importing: Importing, shops: None) -> None:
    cells = ["a\x00b", "=1+1", "x" * 300]
    importing("shops", "number,name\n" + "".join(f"{cell},a\n" for cell in cells))

    # Text in a database has no null characters.
    assert [row["value"] for row in importing.refused()] == [
        "a\N{REPLACEMENT CHARACTER}b",
        "'=1+1",  # a spreadsheet runs no report either
        "x" * 300,
    ]


# ---------------------------------------------------------------- what is there

# What a column does to values that are there: of a record with a value, and of one without, whose
# cells are blank, new, and several.
RESOLUTIONS: list[tuple[str | None, list[Any]]] = [
    (None, [["a"], ["b"], ["a", "b"], None, ["b"]]),
    ("overwrite_except_null", [["a"], ["b"], ["a", "b"], None, ["b"]]),
    ("overwrite", [None, ["b"], ["a", "b"], None, ["b"]]),
    ("update_if_blank", [["a"], ["a"], ["a"], None, ["b"]]),
    ("only_update_blank", [["a"], ["a"], ["a"], None, ["b"]]),
    ("add_only", [["a"], ["a", "b"], ["a", "b"], None, ["b"]]),
    ("only_add_options", [["a"], ["a", "b"], ["a", "b"], None, ["b"]]),
]


@pytest.mark.parametrize(("resolution", "values"), RESOLUTIONS)
def test_columns_say_what_they_do_to_values(
    importing: Importing, resolution: str | None, values: list[Any]
) -> None:
    make_object(importing.caller, "Jobs", FieldDefinition("Labels", "dynamictags"))
    for at in range(5):
        make_record(importing.caller, "jobs", name=f"J{at}", labels=["a"] if at < 3 else None)
    forms = {"labels": {"conflict_resolution": resolution}} if resolution else {}

    found = importing("jobs", "name,labels\nJ0,\nJ1,b\nJ2,a;b\nJ3,\nJ4,b\nJ5,b\n", forms=forms)

    assert (found.created, found.failed) == (1, 0)
    assert [value for (value,) in importing.records("jobs", "labels")] == [*values, ["b"]]


@pytest.mark.parametrize(
    ("said", "message"),
    [("replace", "expected one of overwrite"), ("only_add_options", "has one value")],
)
def test_what_a_column_cannot_do_to_values_is_refused(
    importing: Importing, shops: None, said: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        importing("shops", "name,number\nA,1\n", forms={"number": {"conflict_resolution": said}})
