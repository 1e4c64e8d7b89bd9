"""Display names, computed names and stages: what follows from other values."""

from __future__ import annotations

import pytest
import time_machine

from records.services.write import Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    change_record,
    entries,
    make_member,
    make_object,
    make_record,
    make_relation,
    set_pattern,
)

from .acting import differences, found, history, names, problems, read, refusal, save, view, write_all


@pytest.fixture
def library(workspace: Caller) -> Caller:
    """Loans named after their books, which are named after their authors."""
    make_object(workspace, "Authors")
    make_object(workspace, "Books")
    make_relation(workspace, "books", "Author", "authors", "primary", "Books")
    set_pattern(workspace, "books", "{name} by {author}")
    make_object(
        workspace,
        "Loans",
        FieldDefinition("State", "dropdown", options=[OptionDefinition("Out"), OptionDefinition("Back")]),
        identifier_field=None,
    )
    make_relation(workspace, "loans", "Books", "books", "additional", "Loans")
    set_pattern(workspace, "loans", "{books} ({state}, {owner})")
    return workspace


def name_of(library: Caller, object_name: str, uuid: str) -> str:
    return view(library, object_name, uuid).display_name


def test_names_that_show_other_names_follow_them(library: Caller) -> None:
    author = make_record(library, "authors", name="Ann").record.uuid
    book = make_record(library, "books", name="B", author=author).record.uuid
    other = make_record(library, "books", name="C").record.uuid
    loan = make_record(library, "loans", books=[book, other], state="Out").record.uuid
    me = "admin@example.com"
    assert name_of(library, "loans", loan) == f"B by Ann, C (Out, {me})"
    before = view(library, "loans", loan).version
    change_record(library, "authors", author, name="Zoe")
    assert name_of(library, "books", book) == "B by Zoe"
    assert name_of(library, "loans", loan) == f"B by Zoe, C (Out, {me})"
    assert view(library, "loans", loan).version == before
    change_record(library, "books", book, author=None)
    assert name_of(library, "loans", loan) == f"B, C (Out, {me})"
    assert found(library, "loans", ("display_name", "contains", "B, C")) == [f"B, C (Out, {me})"]
    change_record(library, "loans", loan, books=[], state=None, owner=None)
    assert name_of(library, "loans", loan) == ""
    assert differences(library) == []


def test_names_follow_within_a_batch_and_from_the_far_side(library: Caller) -> None:
    author = make_record(library, "authors", name="Ann").record.uuid
    books = [make_record(library, "books", name=name).record.uuid for name in ("B", "C")]
    change_record(library, "authors", author, books=books, name="Zoe")
    assert [name_of(library, "books", book) for book in books] == ["B by Zoe", "C by Zoe"]
    requests = [SaveRequest(Mode.UPDATE, book, entries=entries({"name": f"New {book}"})) for book in books]
    write_all(library, "books", *requests)
    assert differences(library) == []


def test_an_archived_records_name_still_shows_where_it_was_linked(library: Caller) -> None:
    author = make_record(library, "authors", name="Ann").record.uuid
    book = make_record(library, "books", name="B", author=author).record.uuid
    archive(library, "authors", author)
    save(library, "books", Mode.UPDATE, book, name="C")
    assert name_of(library, "books", book) == "C by Ann"
    assert differences(library) == []


def test_people_in_a_tree_show_the_names_above_them(workspace: Caller) -> None:
    make_object(workspace, "People")
    make_relation(workspace, "people", "Parent", "people", "primary", "Children")
    set_pattern(workspace, "people", "{name} of {parent}")
    above = make_record(workspace, "people", name="A").record.uuid
    below = make_record(workspace, "people", name="B", parent=above).record.uuid
    change_record(workspace, "people", above, name="C")
    assert name_of(workspace, "people", below) == "B of C"
    for at in range(9):
        below = make_record(workspace, "people", name=str(at), parent=below).record.uuid
    change_record(workspace, "people", above, name="D")
    assert name_of(workspace, "people", below) == "8 of 7 of 6 of 5 of 4 of 3 of 2 of 1 of 0 of B of D"
    change_record(workspace, "people", above, parent=below)
    change_record(workspace, "people", above, name="E")
    assert differences(workspace) == []
    change_record(workspace, "people", above, parent=None)
    assert name_of(workspace, "people", below) == "8 of 7 of 6 of 5 of 4 of 3 of 2 of 1 of 0 of B of E"


def test_a_contacts_full_name_is_computed_and_nobody_writes_it(workspace: Caller) -> None:
    contact = make_record(workspace, "contacts", first_name="Ann", last_name="Lee", email="Ann@EXAMPLE.com")
    values = read(workspace, "contacts", contact.record.uuid)
    assert (values["full_name"], values["email"]) == ("Ann Lee", "Ann@example.com")
    assert name_of(workspace, "contacts", contact.record.uuid) == "Ann Lee"
    change_record(workspace, "contacts", contact.record.uuid, first_name=None)
    assert read(workspace, "contacts", contact.record.uuid)["full_name"] == "Lee"
    change_record(workspace, "contacts", contact.record.uuid, last_name="")
    assert "full_name" not in read(workspace, "contacts", contact.record.uuid)
    assert name_of(workspace, "contacts", contact.record.uuid) == "Ann@example.com"
    error = refusal(change_record, workspace, "contacts", contact.record.uuid, full_name="X")
    assert problems(error) == [(0, "", "value", "read_only")]
    assert differences(workspace) == []


# ---------------------------------------------------------------- stages


@pytest.fixture
def deals(workspace: Caller) -> Caller:
    make_object(workspace, "Deals", object_type="pipeline")
    return workspace


def test_a_deal_begins_in_the_first_stage_and_entering_a_won_one_closes_it(deals: Caller) -> None:
    uuid = make_record(deals, "deals", name="D").record.uuid
    assert names(read(deals, "deals", uuid)["stage"]) == "New"
    with time_machine.travel("2024-05-31T23:30:00Z", tick=False):
        change_record(deals, "deals", uuid, stage="won")
    assert read(deals, "deals", uuid)["actual_close_date"] == "2024-06-01"
    change_record(deals, "deals", uuid, stage="New", actual_close_date=None)
    change_record(deals, "deals", uuid, stage="Won", actual_close_date="2020-01-02")
    assert read(deals, "deals", uuid)["actual_close_date"] == "2020-01-02"
    change_record(deals, "deals", uuid, actual_close_date=None)
    assert change_record(deals, "deals", uuid, stage="Won").action == "unchanged"
    assert [row.action for row in history(deals, "deals", uuid)] == ["updated"] * 4 + ["created"]
    assert problems(refusal(change_record, deals, "deals", uuid, stage=None)) == [(0, "", "value", "required")]


def test_a_deal_may_be_made_in_a_won_stage(deals: Caller) -> None:
    with time_machine.travel("2024-05-31T12:00:00Z", tick=False):
        uuid = make_record(deals, "deals", name="D", stage="Won").record.uuid
    assert read(deals, "deals", uuid)["actual_close_date"] == "2024-05-31"
    save(deals, "deals", Mode.REPLACE, uuid, name="E")
    values = read(deals, "deals", uuid)
    assert (names(values["stage"]), values["actual_close_date"]) == ("Won", "2024-05-31")


def test_a_member_without_the_right_to_stages_still_closes_nothing(deals: Caller) -> None:
    grants = {"deals": {"create": True, "view": "all", "edit": "all"}}
    caller = make_member(deals, "clerk@example.com", grants, locked=[("deals", "stage")])
    uuid = make_record(caller, "deals", name="D").record.uuid
    assert names(read(caller, "deals", uuid)["stage"]) == "New"
    error = refusal(change_record, caller, "deals", uuid, stage="Won")
    assert problems(error) == [(0, "", "value", "permission_required")]
