"""Display names, computed names and stages: what follows from other values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import time_machine

from records.field_types import Surroundings
from records.services.catalogue.naming import (
    archived_name,
    compute,
    display_key,
    display_name,
    identifier_of,
    taken_name,
)
from records.services.catalogue.object_schema import ObjectSchema
from records.services.writing.save_requests import Mode, SaveRequest
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
from tests.services.acting import (
    differences,
    found,
    history,
    names,
    problems,
    read,
    refusal,
    save,
    view,
    write_all,
)

AROUND = Surroundings(datetime(2026, 1, 1, tzinfo=UTC))


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
        FieldDefinition(
            "State", "dropdown", options=[OptionDefinition("Out"), OptionDefinition("Back")]
        ),
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
    requests = [
        SaveRequest(Mode.UPDATE, book, entries=entries({"name": f"New {book}"})) for book in books
    ]
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
    assert (
        name_of(workspace, "people", below) == "8 of 7 of 6 of 5 of 4 of 3 of 2 of 1 of 0 of B of D"
    )
    change_record(workspace, "people", above, parent=below)
    change_record(workspace, "people", above, name="E")
    assert differences(workspace) == []
    change_record(workspace, "people", above, parent=None)
    assert (
        name_of(workspace, "people", below) == "8 of 7 of 6 of 5 of 4 of 3 of 2 of 1 of 0 of B of E"
    )


def test_a_contacts_full_name_is_computed_and_nobody_writes_it(workspace: Caller) -> None:
    contact = make_record(
        workspace, "contacts", first_name="Ann", last_name="Lee", email="Ann@EXAMPLE.com"
    )
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


# ---------------------------------------------------------------- making names


@pytest.fixture
def letters(workspace: Caller) -> Caller:
    """An object with the fields a, b and c, identified by c."""
    fields = [FieldDefinition(name, "text", name=name) for name in "abc"]
    make_object(workspace, "Letters", *fields, identifier_field="c")
    return workspace


def shown(letters: Caller, pattern: str, **texts: str) -> str:
    """The name of a letter with these texts, by its pattern."""
    schema = replace(letters.schema("letters"), display_pattern=pattern)
    return display_name(schema, values_by_id(schema, texts), {}, {})


def values_by_id(schema: ObjectSchema, texts: dict[str, str]) -> dict[str, str]:
    return {str(schema.by_name[name].id): text for name, text in texts.items()}


PATTERNS = [
    ("{a} ({b})", {"a": "x", "b": "y"}, "x (y)"),
    ("{a} ({b})", {"a": "x"}, "x"),
    ("{a} ({b})", {"b": "y"}, "y"),
    ("Mr {a} and {b} Ltd", {"a": "x", "b": "y"}, "Mr x and y Ltd"),
    ("Mr {a} and {b} Ltd", {"a": "x"}, "Mr x"),
    ("Mr {a} and {b} Ltd", {"b": "y"}, "Mr y"),
    ("Mr {a}!", {"a": "x"}, "Mr x!"),
    ("{a}, {b}, {c}!", {"a": "x", "c": "z"}, "x, z!"),
    ("{a}, {b}, {c}!", {"b": "y", "c": "z"}, "y, z!"),
    ("{a}  {b}", {"a": " x ", "b": "y"}, "x y"),
    # Nothing to fill in: the identifier, else the first text.
    ("{a}!", {"b": "y", "c": "z"}, "z"),
    ("{a}!", {"b": "y"}, "y"),
    ("only words", {"a": "x", "c": "z"}, "z"),
    ("", {"a": "x", "c": "z"}, "z"),
    ("", {"b": "y"}, "y"),
    ("", {}, ""),
]


@pytest.mark.parametrize(("pattern", "texts", "expected"), PATTERNS)
def test_a_blank_field_is_left_out_with_the_words_before_it(
    letters: Caller, pattern: str, texts: dict[str, str], expected: str
) -> None:
    assert shown(letters, pattern, **texts) == expected


def test_names_are_cut_at_255_characters(letters: Caller) -> None:
    long = "xyz" * 100
    assert shown(letters, "{a}", a=long) == shown(letters, "", a=long) == long[:255]
    # Comparing makes some texts longer.
    assert display_key("ß" * 200, "") == "s" * 255


def test_a_blank_identifier_is_none(letters: Caller) -> None:
    schema = letters.schema("letters")
    for texts, expected in (({"c": " Bolt  M4 "}, "bolt m4"), ({"c": "  "}, None), ({}, None)):
        assert identifier_of(schema, values_by_id(schema, texts)) == expected


def test_a_full_name_is_cut_at_255_characters(letters: Caller) -> None:
    contacts = letters.schema("client_client")
    full_name = contacts.by_name["full_name"]

    def named(**texts: str) -> object:
        return compute(contacts, full_name, values_by_id(contacts, texts), AROUND)

    assert named(first_name="x" * 200, last_name="y" * 200) == "x" * 200 + " " + "y" * 54
    assert named() is None
    # An object without such fields.
    assert compute(letters.schema("letters"), full_name, {}, AROUND) is None


@pytest.mark.parametrize("hidden", ["first_name", "last_name"])
def test_a_full_name_is_hidden_with_each_of_its_parts(workspace: Caller, hidden: str) -> None:
    contact = make_record(workspace, "contacts", first_name="Ann", last_name="Lee").record.uuid
    clerk = make_member(
        workspace,
        "clerk@example.com",
        {"client_client": {"view": "all"}},
        hidden=[("client_client", hidden)],
    )
    assert "full_name" not in read(clerk, "contacts", contact)


def test_an_archived_name_has_the_day_and_the_end_of_the_id_and_is_cut() -> None:
    uuid, now = "01890a5d-ac96-774b-bcce-b302099a8057", datetime(2024, 5, 31, 23, 30, tzinfo=UTC)
    added = " (archived 2024-05-31 099a8057)"
    assert archived_name("Bolt", uuid, now) == f"Bolt{added}"
    most = 255 - len(added)
    for length in (most - 1, most, most + 1, 255):
        text = "x" * length
        assert archived_name(text, uuid, now) == text[:most] + added


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
    assert problems(refusal(change_record, deals, "deals", uuid, stage=None)) == [
        (0, "", "value", "required")
    ]


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


def test_a_name_is_taken_however_it_is_cased_but_by_its_own_holder() -> None:
    names = {1: "Lead", 2: "LEAD", 3: "Other"}
    assert taken_name(" lead", names, None) == "Lead"
    assert taken_name("other", names, 3) is None
    assert taken_name("Lead", names, 1) is None  # as it was
    assert taken_name("lead", names, 1) == "LEAD"
    assert taken_name("New", names, 1) is None
