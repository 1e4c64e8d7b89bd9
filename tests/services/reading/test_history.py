"""The history of a record, as far as its reader may see the record and its fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from records.exceptions import NotFound
from records.services.reading.history import list_history
from records.services.writing.save import save_record
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    change_record,
    entries,
    make_member,
    make_object,
    make_record,
)
from tests.services.acting import history, refusal


@pytest.fixture
def note(workspace: Caller) -> str:
    """A note that was changed twice, once with a reason."""
    make_object(
        workspace,
        "Notes",
        FieldDefinition("Amount", "integer"),
        FieldDefinition("Tags", "dynamictags"),
    )
    uuid = make_record(workspace, "notes", name="a", amount=1).record.uuid
    author = replace(workspace.author, reason="because of 2")
    request = SaveRequest(Mode.UPDATE, uuid, entries=entries({"amount": 2, "tags": ["x"]}))
    save_record(author, workspace.schema("notes"), request)
    change_record(workspace, "notes", uuid, name="b")
    return uuid


def test_a_page_has_the_newest_writes_first(workspace: Caller, note: str) -> None:
    author, schema = workspace.author, workspace.schema("notes")
    count, page = list_history(author, schema, note, offset=1, limit=1)
    assert (count, [row.version for row in page]) == (3, [2])
    assert list_history(author, schema, note, offset=9, limit=1) == (3, [])


def test_each_entry_has_its_author_reason_and_changes(workspace: Caller, note: str) -> None:
    newest, changed, _ = history(workspace, "notes", note)
    assert changed.reason == "because of 2"
    assert newest.reason == ""
    assert changed.member_id == workspace.member.pk
    assert changed.member is not None
    assert changed.member["email"] == "admin@example.com"
    assert {change.field.name: (change.old, change.new) for change in newest.changes} == {
        "name": ("a", "b")
    }
    assert changed.created is not None
    assert len(changed.operation_id) == 36


def test_values_can_be_plain(workspace: Caller, note: str) -> None:
    _, page = list_history(
        workspace.author, workspace.schema("notes"), note, offset=0, limit=9, plain=True
    )
    assert {change.field.name: change.new for change in page[1].changes} == {
        "amount": 2,
        "tags": ["x"],
    }


def test_a_hidden_field_hides_its_changes_and_the_reasons_of_writes_to_it(
    workspace: Caller, note: str
) -> None:
    grants = {"notes": {"view": "all"}}
    clerk = make_member(workspace, "clerk@example.com", grants, hidden=[("notes", "amount")])
    _, changed, _ = history(clerk, "notes", note)
    assert {change.field.name for change in changed.changes} == {"tags"}
    assert changed.reason == ""


def test_the_history_of_a_record_out_of_sight_is_not_found(workspace: Caller, note: str) -> None:
    stranger = make_member(workspace, "own@example.com", {"notes": {"view": "own"}})
    error = refusal(
        list_history, stranger.author, workspace.schema("notes"), note, offset=0, limit=1
    )
    assert isinstance(error, NotFound)


def test_the_fields_of_a_write_are_told_in_the_objects_order(workspace: Caller) -> None:
    labels = [f"Field {number}" for number in range(12)]
    made = make_object(workspace, "Sheets", *(FieldDefinition(label, "text") for label in labels))
    names = [spec.name for spec in workspace.schema("sheets").fields if "field" in spec.name]
    values = dict.fromkeys(reversed(names), "x")
    uuid = make_record(workspace, made.name, name="a", **values).record.uuid

    (entry,) = history(workspace, "sheets", uuid)

    assert [change.field.name for change in entry.changes if change.field.name in names] == names
