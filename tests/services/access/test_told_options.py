"""Which options a caller is told of: those of the definition, and those of records in sight."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from records.models import FieldOption
from records.services.access import Author, told_field
from records.services.catalogue.versions import touch
from records.services.shaping.changes import get_field
from records.services.shaping.options import create_option, delete_option
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    change_record,
    make_field,
    make_member,
    make_object,
    make_record,
)
from tests.services.acting import search


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    """Notes with tags: one of the definition, the others made by records."""
    make_object(workspace, "Notes")
    make_field(workspace, "notes", "Labels", "dynamictags")
    labels = workspace.schema("notes").by_name["labels"]
    create_option(
        workspace.author, get_field(workspace.author, labels.id), OptionDefinition("Official")
    )
    make_record(workspace, "notes", name="Hidden", labels=["b-a", "Mine too"])
    return workspace


def told(author: Author, caller: Caller) -> dict[str, tuple[str, int]]:
    schema = caller.schema("notes")
    spec = told_field(author, schema, schema.by_name["labels"])
    assert spec.option_keys.keys() >= {option.uuid for option in spec.options.values()}
    return {option.name: (option.code, option.order) for option in spec.options.values()}


def test_a_caller_who_sees_all_records_asks_nothing(
    notes: Caller, django_assert_num_queries: Any
) -> None:
    schema, author = notes.schema("notes"), notes.author
    reader = make_member(notes, "reader@example.com", {"notes": {"view": "all"}}).author
    with django_assert_num_queries(0):
        for one in (author, reader):
            assert told_field(one, schema, schema.by_name["labels"]) is schema.by_name["labels"]


def test_a_caller_who_sees_their_own_is_told_of_their_tags(notes: Caller) -> None:
    clerk = make_member(notes, "clerk@example.com", {"notes": {"view": "own", "create": True}})
    assert told(clerk.author, notes) == {"Official": ("official", 1)}

    make_record(clerk, "notes", name="Mine", labels=["mine too", "b a"])
    # Neither order nor code tells of the tags that were there before.
    assert told(clerk.author, notes) == {
        "Official": ("official", 1),
        "b a": ("b_a", 2),
        "Mine too": ("mine_too", 3),
    }
    # Codes are no more alike than names.
    make_record(clerk, "notes", name="Alike", labels=["c d", "c-d"])
    codes = [code for code, _ in told(clerk.author, notes).values()]
    assert len(set(codes)) == len(codes) == 5
    gone = make_record(clerk, "notes", name="Gone", labels=["Once"]).record.uuid
    assert "Once" in told(clerk.author, notes)
    archive(notes, "notes", gone)
    assert "Once" not in told(clerk.author, notes)


def test_a_key_without_the_scope_to_read_is_told_of_what_its_member_has(notes: Caller) -> None:
    author = replace(notes.author, scopes=("datatypes:read",))
    assert set(told(author, notes)) == {"Official", "b-a", "Mine too"}  # the admin owns the record

    other = make_member(notes, "other@example.com", {"notes": {"view": "all"}})
    author = replace(other.author, scopes=("datatypes:read",))
    assert set(told(author, notes)) == {"Official"}


def test_who_only_creates_is_told_of_the_definition(notes: Caller) -> None:
    maker = make_member(notes, "maker@example.com", {"notes": {"create": True}})
    assert told(maker.author, notes) == {"Official": ("official", 1)}


def test_a_key_that_may_read_shows_what_its_member_sees(notes: Caller) -> None:
    maker = make_member(notes, "maker@example.com", {"notes": {"create": True}})
    make_record(maker, "notes", name="Mine", labels=["mine"])
    author = replace(maker.author, scopes=("records:read",))
    assert set(told(author, notes)) == {"Official"}
    # The role does not see the record; that the key may not read either changes what is asked.
    assert set(told(replace(author, scopes=("datatypes:read",)), notes)) == {"Official", "mine"}

    reader = make_member(notes, "reader@example.com", {"notes": {"view": "all"}})
    author = replace(reader.author, scopes=("records:read",))
    assert set(told(author, notes)) == {"Official", "b-a", "Mine too", "mine"}


def test_where_no_record_made_an_option_all_are_told(
    notes: Caller, django_assert_num_queries: Any
) -> None:
    clerk = make_member(notes, "clerk@example.com", {"notes": {"view": "own", "create": True}})
    hidden = search(notes, "notes").views[0]
    change_record(notes, "notes", hidden.uuid, labels=[])
    for option in FieldOption.objects.filter(workspace=notes.workspace, by_hand=False):
        delete_option(notes.author, option)
    author, schema = clerk.author, notes.schema("notes")
    with django_assert_num_queries(0):
        assert told_field(author, schema, schema.by_name["labels"]) is schema.by_name["labels"]


def test_options_of_the_definition_are_told_in_its_order(notes: Caller) -> None:
    labels = notes.schema("notes").by_name["labels"]
    create_option(notes.author, get_field(notes.author, labels.id), OptionDefinition("Draft"))
    options = FieldOption.objects.filter(workspace=notes.workspace, field_id=labels.id)
    options.filter(name="Official").update(order=9)
    touch(notes.workspace.id, [notes.schema("notes").id])
    clerk = make_member(notes, "clerk@example.com", {"notes": {"view": "own"}})
    assert told(clerk.author, notes) == {"Draft": ("draft", 1), "Official": ("official", 2)}


def test_a_rule_is_told_to_those_who_see_the_fields_that_it_names(workspace: Caller) -> None:
    make_object(
        workspace,
        "Spans",
        FieldDefinition("High", "integer"),
        FieldDefinition("Low", "integer", validation="value < record.data.high"),
        FieldDefinition("Own", "integer", validation="value > 0"),
    )
    member = make_member(workspace, "m@example.com", {}, hidden=[("spans", "high")])
    schema = workspace.schema("spans")
    for author, rule in ((workspace.author, "value < record.data.high"), (member.author, "")):
        told_specs = [told_field(author, schema, schema.by_name[name]) for name in ("low", "own")]
        assert [spec.validation for spec in told_specs] == [rule, "value > 0"]
