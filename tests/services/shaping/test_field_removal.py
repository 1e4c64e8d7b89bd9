"""Fields that go: at once out of sight, then out of the records; those that are needed stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from records.exceptions import NotAllowed
from records.models import Field
from records.services.shaping.field_removal import (
    clear_values,
    count_holders,
    delete_field,
    find_holders,
)
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    make_field,
    make_object,
    make_record,
    make_relation,
    set_pattern,
)
from tests.services.acting import differences, history, invalid_at, read, refusal


@pytest.fixture
def things(workspace: Caller) -> Caller:
    make_object(
        workspace, "Things", FieldDefinition("Note", "text"), FieldDefinition("Count", "integer")
    )
    return workspace


def key_of(caller: Caller, name: str) -> int:
    return caller.schema("things").by_name[name].id


FORMULA = {"formula_options": {"expression": "record.data.note"}}
NEEDS: dict[str, Callable[[Caller], object]] = {
    "pattern": lambda caller: set_pattern(caller, "things", "{name} {note}"),
    "formula": lambda caller: make_field(caller, "things", "Same", "formula", settings=FORMULA),
}


@pytest.mark.parametrize("need", NEEDS.values(), ids=NEEDS.keys())
def test_a_field_that_something_is_made_of_stays(
    things: Caller, need: Callable[[Caller], object]
) -> None:
    need(things)

    assert invalid_at(delete_field, things.author, key_of(things, "note")) == ((), "in_use")
    assert "note" in things.schema("things").by_name


def test_default_fields_and_the_identifier_stay(things: Caller) -> None:
    assert isinstance(refusal(delete_field, things.author, key_of(things, "owner")), NotAllowed)
    make_object(things, "Parts", FieldDefinition("Code", "text"), identifier_field="code")
    code = things.schema("parts").by_name["code"].id
    assert invalid_at(delete_field, things.author, code) == ((), "in_use")


def test_a_field_that_goes_frees_its_name_and_leaves_its_row(things: Caller) -> None:
    note = key_of(things, "note")

    assert delete_field(things.author, note) == [note]

    assert "note" not in things.schema("things").by_name
    assert Field.objects.get(workspace=things.workspace, id=note).deleted_at is not None
    make_field(things, "things", "Note", "integer")
    assert key_of(things, "note") != note


@pytest.mark.parametrize("name", ["Near", "Back"])
def test_a_relationship_goes_with_its_other_side(things: Caller, name: str) -> None:
    make_relation(things, "things", "Near", "things", "primary", "Back")
    near = key_of(things, "near")

    cleared = delete_field(things.author, key_of(things, name.lower()))

    assert cleared == [near]  # the side that stores the links
    assert {"near", "back"}.isdisjoint(things.schema("things").by_name)


def test_values_are_cleared_from_live_and_archived_records(things: Caller) -> None:
    uuids = [
        make_record(things, "things", name=f"{at}", note="x", count=at).record.uuid
        for at in range(3)
    ]
    make_record(things, "things", name="without")
    archive(things, "things", uuids[2])
    note = key_of(things, "note")
    delete_field(things.author, note)
    holders = find_holders(things.workspace.pk, note)
    assert (len(holders), count_holders(things.workspace.pk, note)) == (3, 3)

    assert clear_values(things.author, note, holders) == 3

    assert (find_holders(things.workspace.pk, note), count_holders(things.workspace.pk, note)) == (
        [],
        0,
    )
    assert read(things, "things", uuids[1])["count"] == 1
    newest = history(things, "things", uuids[0])[0]
    assert (newest.reason, newest.version) == ("The field Note was deleted", 2)
    assert clear_values(things.author, note, holders) == 0
    assert differences(things) == []
