"""Importing CSV files: which column is which field, which row is which record, and what becomes of bad rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from records.exceptions import InvalidInput, NotAllowed
from records.models import Field, FieldOption, ImportRun, ObjectType, Record
from records.services.schema import add_option, touch
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)

from .acting import differences, history, search
from .importing import Importing

AIRPORTS = """iata,name,state,latitude
00M,Thigpen,MS,31.95376472
DFW,Dallas-Fort Worth,TX,32.89595056
ORD,Chicago O'Hare,IL,41.979595
"""


@pytest.fixture
def importing(workspace: Caller, tmp_path: Path) -> Importing:
    return Importing(workspace, tmp_path)


@pytest.fixture
def shops(workspace: Caller) -> None:
    """Shops, which are named; with a unique number, a choice and a price."""
    make_object(
        workspace,
        "Shops",
        FieldDefinition("Number", "integer", is_unique=True),
        FieldDefinition("Size", "dropdown", options=[OptionDefinition("Small"), OptionDefinition("Large")]),
        FieldDefinition("Rent", "money"),
        FieldDefinition("Kinds", "dynamictags"),
    )


# ---------------------------------------------------------------- a new object


def test_an_object_is_made_of_a_file(importing: Importing) -> None:
    assert importing.counts("airports", AIRPORTS, create_object=True) == (3, 0, 0, 0)

    schema = importing.caller.schema("airports")
    own = {spec.name: spec.type.name for spec in schema.fields if not spec.is_default}
    assert own == {"iata": "text", "name": "text", "state": "text", "latitude": "decimal"}
    assert (schema.object_name, schema.entity_name) == ("Airports", "Airport")
    assert schema.identifier is schema.by_name["iata"]
    assert importing.records("airports", "iata", "name", "latitude")[1] == ("DFW", "Dallas-Fort Worth", 32.89595056)
    assert not importing.report.exists()
    assert differences(importing.caller) == []


@pytest.mark.parametrize(
    ("text", "identifier", "expected"),
    [
        ("code,name\na,x\nb,x\n", None, "code"),
        ("code,name\na,x\nA,y\n", None, "name"),
        ("code,name\na,x\n,y\n", None, "name"),
        ("code,name\n1,x\n2,y\n", None, "name"),
        ("code,name\na,x\na,x\n", None, None),
        ("code,Name\na,x\na,y\n", None, "name"),
        ("mail,name\na@example.com,x\n", None, "mail"),
        (f"code,size\n{'x' * 256},a\n", None, None),
        ("code,name\na,x\nb,y\n", "name", "name"),
        ("code,name\na,x\nb,y\n", "NAME", "name"),
        ("code,name\na,x\nb,y\n", "none", None),
        ("Shop number,name\n1,x\n2,y\n", "shop_number", "shop_number"),
        ("code\n", None, None),
    ],
)
def test_the_identifier_is_chosen_or_the_first_column_that_can_be(
    importing: Importing, text: str, identifier: str | None, expected: str | None
) -> None:
    importing("things", text, create_object=True, identifier=identifier)

    found = importing.caller.schema("things").identifier
    assert (found.name if found else None) == expected


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("code", "'b' occurs more than once"),
        ("text", "some values have over 255 characters"),
        ("colour", "no column 'colour'. Its columns are code, text"),
    ],
)
def test_a_column_that_cannot_identify_is_refused(importing: Importing, identifier: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        importing("things", f"code,text\na,x\nb,y\nb,{'x' * 256}\n", create_object=True, identifier=identifier)

    assert importing.count(ObjectType, name="things") == 0


def test_an_identifier_is_text_whatever_its_values_look_like(importing: Importing) -> None:
    rows = "".join(f"{number},{'ab'[number % 2]}\n" for number in range(40))
    importing("things", f"number,group\n{rows}", create_object=True, identifier="number")

    schema = importing.caller.schema("things")
    assert [schema.by_name[name].type.name for name in ("number", "group")] == ["text", "dropdown"]


def test_a_header_that_every_object_has_as_a_field_becomes_a_field_of_its_own(importing: Importing) -> None:
    text = "code,Owner,created\na,Front Desk,2020-01-01\n"
    importing("things", text, create_object=True)

    assert importing.records("things", "owner_2", "created_2") == [("Front Desk", "2020-01-01")]
    assert importing.counts("things", text) == (0, 0, 1, 0)


def test_an_object_that_exists_is_not_made_again(importing: Importing) -> None:
    importing("Air Ports", AIRPORTS, create_object=True)

    assert importing.counts("air_ports", AIRPORTS, create_object=True, identifier="IATA") == (0, 0, 3, 0)
    with pytest.raises(InvalidInput, match="exists, with the identifier 'iata'"):
        importing("air_ports", AIRPORTS, create_object=True, identifier="name")
    with pytest.raises(InvalidInput, match="exists, with the identifier 'iata'"):
        importing("air_ports", AIRPORTS, create_object=True, identifier="none")


def test_an_object_without_identifier_says_so(importing: Importing) -> None:
    importing("things", "size\n1\n", create_object=True)

    with pytest.raises(InvalidInput, match="exists, with no identifier"):
        importing("things", "size\n1\n", identifier="size")


def test_an_object_is_made_only_when_asked_for(importing: Importing) -> None:
    with pytest.raises(InvalidInput, match="There is no object 'airports'; --create-object makes it"):
        importing("airports", AIRPORTS)


# ---------------------------------------------------------------- columns


def test_columns_are_fields_by_api_name_or_label(importing: Importing, shops: None) -> None:
    importing("shops", 'NAME,number,Size,rent\nHarbour,7,large,"$1,250.50"\n')

    rent = {"currency": "USD", "symbol": "$", "amount": 1250.5}
    assert importing.records("shops", "name", "number", "size") == [("Harbour", 7, "Large")]
    assert search(importing.caller, "shops").views[0].values[field_row(importing.caller, "shops", "rent").id] == rent


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("name,colour,weight", "'colour', 'weight'. Its fields are name, owner, number, size, rent, kinds"),
        ("name,created", "'created' is the field 'created', which is read-only"),
        ("name,Name (shop),number,kinds,Number ", "have the same header"),
        ("Chain,chain_name", "both the field 'chain_name'"),
    ],
)
def test_columns_that_do_not_fit_are_refused(importing: Importing, shops: None, header: str, message: str) -> None:
    make_field(importing.caller, "shops", "Chain", "text", name="chain_name", is_hidden=True)

    with pytest.raises(InvalidInput, match=message.replace("rent, kinds", "rent, kinds, chain_name")):
        importing("shops", f"{header}\n")
    assert importing.count(ImportRun) == 0


def test_a_field_the_member_may_not_see_is_as_unknown_as_any(importing: Importing, shops: None) -> None:
    grant = {"shops": {"create": True, "view": "all", "edit": "all"}}
    clerk = make_member(importing.caller, "clerk@example.com", grant, hidden=[("shops", "rent")])

    with pytest.raises(InvalidInput, match="No field of 'shops' is called 'rent'"):
        Importing(clerk, importing.folder)("shops", "name,rent\na,1\n")


def test_only_admins_make_objects(importing: Importing) -> None:
    clerk = make_member(importing.caller, "clerk@example.com")

    with pytest.raises(NotAllowed):
        Importing(clerk, importing.folder)("things", "code\na\n", create_object=True)


# ---------------------------------------------------------------- rows and records


def test_rows_change_the_records_that_have_their_identifier(importing: Importing, shops: None) -> None:
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
    assert importing.counts("shops", "name,number\nHarbour,1\nharbour,2\n", batch_size=1) == (1, 1, 0, 0)
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
def test_rows_cannot_be_matched_by_any_field(importing: Importing, shops: None, match: str, message: str) -> None:
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

    assert importing.records("shops", "kinds") == [(["new", "old"],), (["new"],), (["old", "newest"],)]
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
        '"two\nlines",2\n'
        "Summit,7,Small,10\n"
        ",3,Small,10\n"
        "Coast,4,Large,10\n"
    )

    found = importing("shops", text)
    assert (found.created, found.failed, found.rows, found.report) == (2, 4, 6, importing.report)
    assert [tuple(row.values()) for row in importing.refused()] == [
        ("3", "number", "invalid", "Expected a whole number.", "x"),
        ("3", "size", "does_not_exist", 'There is no option "Huge".', "Huge"),
        ("4", "", "invalid", "The row has 2 cells, the header 4.", ""),
        ("6", "number", "unique", "Another record has this number.", "7"),
        ("7", "name", "required", "The row says not which record it is.", ""),
    ]
    assert importing.records("shops", "name") == [("First",), ("Harbour",), ("Coast",)]


def test_a_required_field_that_has_no_column_is_reported_by_its_name(importing: Importing, shops: None) -> None:
    assert importing.counts("shops", "number\n1\n") == (0, 0, 0, 1)

    assert [(row["field"], row["code"]) for row in importing.refused()] == [("name", "required")]


def test_the_name_of_an_archived_record_is_reported(importing: Importing, shops: None) -> None:
    gone = make_record(importing.caller, "shops", name="Harbour")
    archive(importing.caller, "shops", gone.record.uuid)

    assert importing.counts("shops", "name\nHarbour\n") == (0, 0, 0, 1)
    assert [(row["field"], row["code"]) for row in importing.refused()] == [("name", "archived_conflict")]


def test_what_the_member_may_not_do_is_reported(importing: Importing, shops: None) -> None:
    make_record(importing.caller, "shops", name="Harbour")
    clerk = make_member(importing.caller, "clerk@example.com", {"shops": {"create": False, "view": "all"}})
    own = Importing(clerk, importing.folder)

    assert own.counts("shops", "name,number\nHarbour,1\nValley,2\n") == (0, 0, 0, 2)
    assert {row["code"] for row in own.refused()} == {"permission_required"}


def test_the_report_of_an_earlier_run_goes_when_all_is_well(importing: Importing, shops: None) -> None:
    importing("shops", "name,number\nHarbour,x\n")
    assert importing.report.exists()

    importing("shops", "name,number\nHarbour,1\n")
    assert not importing.report.exists()
    assert sorted(path.name for path in importing.folder.iterdir()) == ["file.csv"]


def test_a_report_that_cannot_be_written_stops_the_import(importing: Importing, shops: None) -> None:
    importing.report = importing.folder / "missing" / "errors.csv"

    with pytest.raises(InvalidInput, match="The report cannot be written"):
        importing("shops", "name,number\nHarbour,1\nValley,x\n", batch_size=1)
    assert importing.records("shops", "name") == [("Harbour",)]


def test_odd_bytes_end_up_in_the_report(importing: Importing, shops: None) -> None:
    cells = ["a\x00b", "=1+1", "x" * 300]
    importing("shops", "number,name\n" + "".join(f"{cell},a\n" for cell in cells))

    assert [row["value"] for row in importing.refused()] == cells


# ---------------------------------------------------------------- dry runs


def test_a_dry_run_says_what_would_happen_and_stores_nothing(importing: Importing, shops: None) -> None:
    make_record(importing.caller, "shops", name="Harbour", number=1)
    text = "name,number,kinds\nHarbour,2,new\nValley,3,new\nvalley,x,\n"

    assert importing.counts("shops", text, dry_run=True, batch_size=1) == (1, 1, 0, 1)
    assert importing.records("shops", "name", "number") == [("Harbour", 1)]
    assert importing.count(ImportRun) == 0
    assert importing.count(FieldOption, field__name="kinds") == 0
    assert len(importing.refused()) == 1
    assert importing.counts("shops", text) == (1, 1, 0, 1)


def test_a_dry_run_of_a_new_object_leaves_no_object(importing: Importing) -> None:
    assert importing.counts("airports", AIRPORTS, create_object=True, dry_run=True) == (3, 0, 0, 0)

    assert importing.count(ObjectType, name="airports") == 0
    assert importing.counts("airports", AIRPORTS, create_object=True) == (3, 0, 0, 0)


# ---------------------------------------------------------------- interruptions


class Interrupted(Exception):
    """Somebody pulled the plug."""


def interrupt_at(rows: int) -> Any:
    def progress(done: int, total: int) -> None:
        assert total == 5
        if done >= rows:
            raise Interrupted

    return progress


def test_an_import_goes_on_where_it_was_interrupted(importing: Importing) -> None:
    text = "size\n1\n2\nx,y\n4\n5\n"
    with pytest.raises(Interrupted):
        importing("things", text, create_object=True, batch_size=2, progress=interrupt_at(4))
    assert importing.count(Record) == 3

    found = importing("things", text, batch_size=3)
    assert (found.created, found.failed, found.resumed_at) == (4, 1, 4)
    assert importing.records("things", "size") == [(1,), (2,), (4,), (5,)]
    assert [row["line"] for row in importing.refused()] == ["4"]
    assert importing.count(ImportRun, finished_at=None) == 0
    written = Record.history.filter(workspace_id=importing.caller.workspace.id)
    assert len(set(written.values_list("operation_id", flat=True))) == 1


def test_what_a_failed_attempt_wrote_into_the_report_is_overwritten(importing: Importing) -> None:
    text = "size\n1\nx,y\n3\nx,y\n5\n"
    with pytest.raises(Interrupted):
        importing("things", text, create_object=True, batch_size=2, progress=interrupt_at(2))
    part = importing.folder / "errors.csv.part0"
    part.write_bytes(part.read_bytes() + b"99,,half a li")

    importing("things", text)
    assert [row["line"] for row in importing.refused()] == ["3", "5"]


def field_row(caller: Caller, object_name: str, name: str) -> Field:
    spec = caller.schema(object_name).by_name[name]
    return Field.objects.get(workspace=caller.workspace, id=spec.id)


def test_fields_that_change_during_an_import_are_seen(importing: Importing, shops: None) -> None:
    def progress(done: int, total: int) -> None:
        if done == 1:
            field = field_row(importing.caller, "shops", "size")
            add_option(field, OptionDefinition("Huge"))
            touch(field.workspace_id, [field.object_id])

    assert importing("shops", "name,size\na,Small\nb,Huge\n", batch_size=1, progress=progress).created == 2


def test_a_column_that_loses_its_field_stops_the_import(importing: Importing, shops: None) -> None:
    def progress(done: int, total: int) -> None:
        if done == 1:
            field = field_row(importing.caller, "shops", "size")
            Field.objects.filter(workspace_id=field.workspace_id, id=field.id).update(deleted_at=timezone.now())
            touch(field.workspace_id, [field.object_id])

    with pytest.raises(InvalidInput, match="No field of 'shops' is called 'size'"):
        importing("shops", "name,size\na,Small\nb,Small\n", batch_size=1, progress=progress)
    assert importing.records("shops", "name") == [("a",)]


def test_two_imports_of_one_file_at_once_store_each_row_once(importing: Importing) -> None:
    """Each of them gets ahead of the other in turn."""
    text = "size\n1\n2\n3\n4\n5\n"
    importing("things", "size\n0\n", create_object=True)
    others = iter([2, 4])

    def progress(done: int, total: int) -> None:
        stop = next(others, None)
        if stop is not None:
            with pytest.raises(Interrupted):
                importing("things", text, batch_size=1, progress=interrupt_at(stop))

    found = importing("things", text, batch_size=1, progress=progress)
    assert (found.created, found.resumed_at) == (5, 0)
    assert importing.records("things", "size") == [(number,) for number in range(6)]
    assert differences(importing.caller) == []
