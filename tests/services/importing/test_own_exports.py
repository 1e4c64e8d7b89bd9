"""What is exported is matched by the ids of its records where nothing else says which they are, and
comes back unchanged, cancelled records too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.services.exporting import exported_fields
from records.services.importing import ImportMode, ImportOptions, ImportPlan, keep_at, open_file
from records.services.importing import import_file as import_table
from records.services.importing.import_run import ImportSummary
from records.services.operations import export_records
from records.services.search import SearchRequest
from records.services.writing import Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    make_field,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import read, write_all

from .running import Importing

FORMS = ("csv", "xlsx", "jsonl")
STRANGER = "01920000-0000-7000-8000-000000000001"


def exported(importing: Importing, name: str, form: str) -> bytes:
    author, schema = importing.caller.author, importing.caller.schema(name)
    request = SearchRequest(exported_fields(schema.fields))
    with export_records(author, schema, request, form, whole=True) as file:
        return file.read()


def bring(importing: Importing, name: str, form: str, content: bytes, **plan: Any) -> ImportSummary:
    path = importing.folder / f"export.{form}"
    path.write_bytes(content)
    with open_file(path) as table:
        options = ImportOptions(keep_at(importing.report), ImportPlan(**plan))
        return import_table(importing.caller.author, name, table, options)


def counts(found: ImportSummary) -> tuple[int, int, int, int]:
    return found.created, found.updated, found.unchanged, found.failed


@pytest.fixture
def notes(workspace: Caller) -> list[str]:
    """Notes, which nothing identifies; two are alike."""
    make_object(workspace, "Notes", FieldDefinition("Text", "text"), identifier_field=None)
    made = [make_record(workspace, "notes", text=text) for text in ("a", "a", "b")]
    return [str(one.record.uuid) for one in made]


def contacts(caller: Caller) -> str:
    for values in ({"first_name": "Ann", "email": "a@example.com"}, {"first_name": "Bo"}, {}):
        make_record(caller, "contacts", **values)
    return "contacts"


def cancelled(caller: Caller) -> str:
    make_object(caller, "Jobs", FieldDefinition("Size", "integer"))
    made = [make_record(caller, "jobs", name=f"J{at}", size=at).record.uuid for at in range(3)]
    write_all(caller, "jobs", SaveRequest(Mode.CANCEL, str(made[1])))
    return "jobs"


def nameless(caller: Caller) -> str:
    make_object(caller, "Notes", FieldDefinition("Text", "text"), identifier_field=None)
    made = [make_record(caller, "notes", text=text).record.uuid for text in ("a", "a", "b")]
    write_all(caller, "notes", SaveRequest(Mode.CANCEL, str(made[0])))
    return "notes"


def numbered(caller: Caller) -> str:
    """Fields that are called as the columns of exports are."""
    make_object(caller, "Parts")
    for name in ("id", "cancelled"):
        make_field(caller, "parts", name, "text", name=name)
    for at in range(3):
        make_record(caller, "parts", name=f"P{at}", id=f"SKU-{at}", cancelled="no")
    return "parts"


def with_formula(caller: Caller) -> str:
    """What nobody may write, and files."""
    make_object(caller, "Jobs", FieldDefinition("Size", "integer"), FieldDefinition("At", "files"))
    for name, expression in (("twice", "record.data.size * 2"), ("day", "'2024-05-17'")):
        settings = {"formula_options": {"expression": expression}}
        make_field(caller, "jobs", name, "formula", settings=settings)
    for at in range(3):
        make_record(caller, "jobs", name=f"J{at}", size=at)
    return "jobs"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("furnish", [nameless, contacts, cancelled, numbered, with_formula])
def test_an_own_export_is_unchanged(
    importing: Importing, furnish: Callable[[Caller], str], form: str
) -> None:
    name = furnish(importing.caller)
    content = exported(importing, name, form)

    # Twice: nothing is new, so nothing keeps the file from being imported again.
    for _ in range(2):
        assert counts(bring(importing, name, form, content)) == (0, 0, 3, 0)
    assert counts(bring(importing, name, form, content, mode=ImportMode.UPDATE_ONLY)) == (
        0,
        0,
        3,
        0,
    )


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_says_which_records_are_cancelled(importing: Importing, form: str) -> None:
    content = exported(importing, cancelled(importing.caller), form).decode().splitlines()

    words = [line.rpartition(",")[2] for line in content] if form == "csv" else content
    assert [
        word == "true" or '"cancelled":true' in word for word in words if word != "cancelled"
    ] == [
        False,
        True,
        False,
    ]


def test_rows_change_the_records_with_their_ids(importing: Importing, notes: list[str]) -> None:
    text = f"id,text\n{notes[0].upper()},new\n{STRANGER},c\n,d\nnonsense,e\n{notes[2]},b\n"

    found = importing("notes", text)

    assert (counts(found), found.by_id, found.left_out) == ((3, 1, 1, 0), True, [])
    assert importing.records("notes", "text") == [
        ("new",), ("a",), ("b",), ("c",), ("d",), ("e",)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "expected", "code"),
    [
        (ImportMode.UPDATE_ONLY, (0, 1, 0, 1), "not_found"),
        (ImportMode.CREATE_ONLY, (1, 0, 0, 1), "already_exists"),
    ],
)
def test_modes_hold_for_ids_too(
    importing: Importing,
    notes: list[str],
    mode: ImportMode,
    expected: tuple[int, int, int, int],
    code: str,
) -> None:
    text = f"id,text\n{notes[0]},new\n{STRANGER},c\n"

    assert importing.counts("notes", text, mode=mode) == expected
    assert [(row["field"], row["code"]) for row in importing.refused()] == [("id", code)]


def test_a_change_of_a_cancelled_record_is_refused(importing: Importing) -> None:
    cancelled(importing.caller)

    assert importing.counts("jobs", "name,size\nJ0,5\nJ1,1\n") == (0, 1, 1, 0)
    assert importing.counts("jobs", "name,size\nJ1,5\n") == (0, 0, 0, 1)
    assert "cancelled records cannot be changed" in importing.refused()[0]["message"]


def test_an_identifier_leads_where_the_row_has_one(importing: Importing) -> None:
    caller = importing.caller
    ann = make_record(caller, "contacts", first_name="Ann", email="a@example.com").record.uuid
    make_record(caller, "contacts", first_name="Bo", email="b@example.com")

    found = importing("contacts", f"id,email,first_name\n{ann},b@example.com,Bob\n{ann},,Anne\n")

    assert counts(found) == (0, 2, 0, 0)
    assert importing.records("contacts", "first_name") == [("Anne",), ("Bob",)]


def test_records_with_a_required_identifier_are_matched_by_ids_when_asked(
    importing: Importing, shops: None
) -> None:
    shop = str(make_record(importing.caller, "shops", name="Quay").record.uuid)
    text = f"id,name\n{shop},Quay 2\n"

    assert importing.counts("shops", text, match="id") == (0, 1, 0, 0)
    assert read(importing.caller, "shops", shop)["name"] == "Quay 2"
    assert importing.counts("shops", text.replace("Quay 2", "Quay 3")) == (1, 0, 0, 0)
    with pytest.raises(InvalidInput, match="no column 'id'"):
        importing("shops", "name\nQuay\n", match="id")


def test_fields_of_linked_records_in_an_export_are_passed_over(importing: Importing) -> None:
    caller = importing.caller
    make_object(caller, "Cities", FieldDefinition("Zip", "text"))
    make_object(caller, "Jobs", FieldDefinition("Size", "integer"))
    make_relation(caller, "jobs", "City", "cities", "primary", "Jobs")
    make_record(caller, "cities", name="Oslo", zip="0150")
    text = "name,size,city,city.zip,created\nJ,7,Oslo,0150,2024-05-17T09:30:00Z\n"

    found = importing("jobs", text)

    assert (counts(found), found.left_out) == ((1, 0, 0, 0), ["city.zip", "created"])
    with pytest.raises(InvalidInput, match=r"called 'city\.zip'"):
        importing("jobs", "name,Size,city.zip\nJ,7,x\n")


def test_a_field_called_id_is_no_id_of_a_record(importing: Importing) -> None:
    make_object(
        importing.caller, "Parts", FieldDefinition("Id", "text", name="id"), identifier_field=None
    )
    part = make_record(importing.caller, "parts", id="7").record.uuid

    assert importing.counts("parts", f"id\n{part}\n") == (1, 0, 0, 0)
