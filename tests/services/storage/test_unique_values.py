"""A field's values become unique, or are refused, and may stop being so."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidInput
from records.models import Field, FieldValue
from records.services.operations.lifecycle import trash_record
from records.services.reading.record_address import address
from records.services.storage.unique_values import keep_unique, stop_keeping_unique
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    make_object,
    make_record,
    make_workspace,
)
from tests.services.acting import refusal


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Notes",
        FieldDefinition("Code", "text"),
        FieldDefinition("Number", "integer"),
        FieldDefinition("Serial", "text", is_unique=True),
    )
    for name, code in (("a", "One"), ("b", "Two"), ("c", "x" * 255)):
        make_record(workspace, "notes", name=name, code=code)
    return workspace


def keys(caller: Caller, name: str = "code") -> set[str | None]:
    spec = caller.schema("notes").by_name[name]
    found = FieldValue.objects.filter(workspace_id=caller.workspace.id, field_id=spec.id)
    return set(found.values_list("unique_key", flat=True))


def test_taken_values_are_marked_and_the_marks_go(notes: Caller) -> None:
    schema = notes.schema("notes")
    keep_unique(schema, schema.by_name["code"])
    assert keys(notes) == {"one", "two", "x" * 255}
    stop_keeping_unique(Field.objects.get(workspace=notes.workspace, id=schema.by_name["code"].id))
    assert keys(notes) == {None}


def test_other_fields_keep_their_marks(notes: Caller) -> None:
    make_record(notes, "notes", name="d", code="Four", serial="s-1")
    code = notes.schema("notes").by_name["code"].id
    stop_keeping_unique(Field.objects.get(workspace=notes.workspace, id=code))
    assert keys(notes, "serial") == {"s-1"}


def test_a_record_in_the_trash_shares_nothing_and_keeps_nothing(notes: Caller) -> None:
    schema = notes.schema("notes")
    uuid = make_record(notes, "notes", name="d", code="One").record.uuid
    trash_record(notes.author, schema, address(uuid))
    keep_unique(schema, schema.by_name["code"])
    rows = FieldValue.objects.filter(
        workspace_id=notes.workspace.id, field_id=schema.by_name["code"].id, text="one"
    )
    assert dict(rows.values_list("live", "unique_key")) == {True: "one", False: None}


@pytest.mark.parametrize(("name", "value", "shown"), [("code", "Ähre", "ähre"), ("number", 7, "7")])
def test_the_shared_value_is_named(notes: Caller, name: str, value: object, shown: str) -> None:
    schema = notes.schema("notes")
    for record in "de":
        make_record(notes, "notes", name=record, **{name: value})
    error = refusal(keep_unique, schema, schema.by_name[name])
    assert error.detail.split(" has ")[1].strip("\"'.") == shown


@pytest.mark.parametrize(("archived", "code"), [(False, "one"), (True, "ONE"), (False, "X" * 255)])
def test_a_shared_value_is_refused_though_one_of_its_records_is_archived(
    notes: Caller, archived: bool, code: str
) -> None:
    schema = notes.schema("notes")
    uuid = make_record(notes, "notes", name="d", code=code).record.uuid
    if archived:
        archive(notes, "notes", uuid)
    error = refusal(keep_unique, schema, schema.by_name["code"])
    assert isinstance(error, InvalidInput)
    assert (error.code, error.path) == ("unique", ("is_unique",))
    assert len(error.detail) < 200


def test_texts_are_shared_that_only_the_order_of_a_language_tells_apart(db: None) -> None:
    turkish = make_workspace(language="tr")
    make_object(turkish, "Notes", FieldDefinition("Code", "text"))
    for name, code in (("a", "KI"), ("b", "ki")):
        make_record(turkish, "notes", name=name, code=code)
    schema = turkish.schema("notes")
    of = {"workspace": turkish.workspace, "field_id": schema.by_name["code"].id}
    rows = FieldValue.objects.filter(**of)
    assert rows.values("text").distinct().count() == 2
    assert refusal(keep_unique, schema, schema.by_name["code"]).code == "unique"
