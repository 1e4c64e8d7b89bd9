"""Creating and changing records: what is kept, cleared, filled and refused."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidValues, NotFound, PreconditionFailed
from records.models import Field
from records.services.catalogue.versions import touch
from records.services.writing.save_requests import Mode, SaveRequest
from records.services.writing.values import FieldEntry
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    change_record,
    make_field,
    make_object,
    make_record,
)
from tests.services.acting import (
    change_list,
    differences,
    history,
    names,
    problems,
    read,
    refusal,
    save,
    view,
    write,
)

OPTIONS = (OptionDefinition("Red"), OptionDefinition("Green"), OptionDefinition("Blue"))


@pytest.fixture
def machines(workspace: Caller) -> Caller:
    """The admin of a workspace with an object `machines` that has a field of each way to be
    changed."""
    make_object(
        workspace,
        "Machines",
        FieldDefinition("Note", "text"),
        FieldDefinition("Serial", "text", is_unique=True),
        FieldDefinition("Slot", "integer", is_unique=True),
        FieldDefinition("Colour", "dropdown", options=OPTIONS),
        FieldDefinition("Parts", "checkboxes", options=OPTIONS, is_required=True),
        FieldDefinition("Price", "money"),
        FieldDefinition("Secret", "text", is_hidden=True),
        FieldDefinition("Fixed", "text", is_read_only=True, default_value="as made"),
        FieldDefinition("Rank", "rating", default_value=3),
        FieldDefinition("Never empty", "text", allows_empty=False, default_value="x"),
    )
    return workspace


def make(machines: Caller, name: str = "Mill", **values: Any) -> str:
    return make_record(machines, "machines", name=name, **{"parts": ["Red"], **values}).record.uuid


def test_a_new_record_gets_defaults_its_caller_as_owner_and_version_one(machines: Caller) -> None:
    made = make_record(machines, "machines", name=" Mill  A ", parts=["Red", "red"])
    values = read(machines, "machines", made.record.uuid)
    assert (made.action, made.record.version) == ("created", 1)
    assert (values["fixed"], values["rank"], values["never_empty"]) == ("as made", 3, "x")
    assert values["owner"]["id"] == str(machines.member.uuid)
    assert names(values["parts"]) == ["Red"]
    assert view(machines, "machines", made.record.uuid).display_name


def test_what_the_caller_sends_wins_over_every_default(machines: Caller) -> None:
    uuid = make(machines, owner=None, rank=None)
    assert {"owner", "rank"}.isdisjoint(read(machines, "machines", uuid))


def test_a_patch_changes_only_what_is_listed(machines: Caller) -> None:
    uuid = make(machines, note="old", price=5)
    result = change_record(machines, "machines", uuid, note="new")
    values = read(machines, "machines", uuid)
    assert (result.action, result.record.version) == ("updated", 2)
    assert {result.schema.by_id[key].name for key in result.changed} == {"note"}
    assert (values["note"], values["price"]["amount"]) == ("new", 5)


def test_null_clears_a_value_and_its_index(machines: Caller) -> None:
    uuid = make(machines, note="old", price=5)
    change_record(machines, "machines", uuid, note=None, price=None)
    assert {"note", "price"}.isdisjoint(read(machines, "machines", uuid))
    assert differences(machines) == []


def test_a_full_update_clears_what_is_not_listed_and_keeps_what_it_must(machines: Caller) -> None:
    uuid = make(machines, note="old", price=5, colour="Red", secret="kept")
    save(machines, "machines", Mode.REPLACE, uuid, name="Mill", parts=["Blue"], never_empty="y")
    values = read(machines, "machines", uuid)
    assert {"note", "price", "colour", "rank"}.isdisjoint(values)
    assert (values["secret"], values["fixed"]) == ("kept", "as made")
    assert values["owner"]["id"] == str(machines.member.uuid)
    assert names(values["parts"]) == ["Blue"]
    assert differences(machines) == []


def test_a_full_update_names_every_required_field_that_is_missing(machines: Caller) -> None:
    uuid = make(machines)
    error = refusal(save, machines, "machines", Mode.REPLACE, uuid, note="n", slot="no number")
    assert problems(error) == [
        (1, "", "value", "invalid"),
        (None, "name", "value", "required"),
        (None, "parts", "value", "required"),
        (None, "never_empty", "value", "required"),
    ]


def test_a_full_update_never_empties_a_field_that_may_not_be_empty(machines: Caller) -> None:
    uuid = make(machines)
    error = refusal(save, machines, "machines", Mode.REPLACE, uuid, name="Mill", parts=["Red"])
    assert problems(error) == [(None, "never_empty", "value", "required")]


def test_a_write_that_changes_nothing_keeps_the_version_and_leaves_no_history(
    machines: Caller,
) -> None:
    uuid = make(machines, note="same", price=2.50)
    for mode in (Mode.UPDATE, Mode.REPLACE):
        sent = {
            "name": "Mill",
            "note": "same",
            "price": {"amount": 2.5},
            "parts": ["red"],
            "rank": 3,
        }
        result = save(machines, "machines", mode, uuid, **sent, never_empty="x")
        assert (result.action, result.record.version, result.changed) == (
            "unchanged",
            1,
            frozenset(),
        )
    assert len(history(machines, "machines", uuid)) == 1


def test_lists_are_added_to_and_removed_from(machines: Caller) -> None:
    uuid = make(machines)
    change_list(machines, "machines", uuid, "parts", add=["Blue", "Red"], remove=["Green"])
    assert names(read(machines, "machines", uuid)["parts"]) == ["Red", "Blue"]
    change_list(machines, "machines", uuid, "parts", add=["Green"], remove=["Red", "Blue"])
    assert names(read(machines, "machines", uuid)["parts"]) == ["Green"]
    assert differences(machines) == []


def test_a_required_list_cannot_be_emptied_by_a_value(machines: Caller) -> None:
    uuid = make(machines)
    empty: list[Any] = [None, [], ""]
    for sent in empty:
        error = refusal(change_record, machines, "machines", uuid, parts=sent)
        assert problems(error) == [(0, "", "value", "required")]


def test_a_required_list_cannot_be_emptied_by_removing(machines: Caller) -> None:
    uuid = make(machines)
    error = refusal(change_list, machines, "machines", uuid, "parts", remove=["Red"])
    assert problems(error) == [(0, "", "remove_values", "required")]


REFUSED: list[tuple[dict[str, Any], list[tuple[int | None, str, str, str]]]] = [
    ({}, [(0, "", "id", "required")]),
    ({"name": "nothing", "value": 1}, [(0, "", "name", "does_not_exist")]),
    ({"id": "nothing", "value": 1}, [(0, "", "id", "does_not_exist")]),
    ({"id": 5, "value": 1}, [(0, "", "id", "does_not_exist")]),
    ({"name": ["note"], "value": 1}, [(0, "", "name", "does_not_exist")]),
    ({"name": "\ud800", "value": 1}, [(0, "", "name", "does_not_exist")]),
    ({"name": "note"}, [(0, "", "value", "required")]),
    ({"name": "note", "value": 5}, [(0, "", "value", "invalid")]),
    ({"name": "note", "value": "a\x00"}, [(0, "", "value", "invalid")]),
    ({"name": "note", "value": "x" * 256}, [(0, "", "value", "limit_exceeded")]),
    ({"name": "note", "add_values": ["a"]}, [(0, "", "add_values", "invalid")]),
    ({"name": "fixed", "value": "b"}, [(0, "", "value", "read_only")]),
    ({"name": "created", "value": "2024-01-01T00:00:00Z"}, [(0, "", "value", "read_only")]),
    ({"name": "display_name", "value": "b"}, [(0, "", "value", "read_only")]),
    ({"name": "name", "value": None}, [(0, "", "value", "required")]),
    ({"name": "name", "value": ""}, [(0, "", "value", "required")]),
    ({"name": "name", "value": " \t\u2003"}, [(0, "", "value", "required")]),
    ({"name": "never_empty", "value": None}, [(0, "", "value", "required")]),
    ({"name": "colour", "value": "Pink"}, [(0, "", "value", "does_not_exist")]),
    ({"name": "parts", "value": ["Red"], "add_values": ["Blue"]}, [(0, "", "value", "invalid")]),
    ({"name": "parts", "add_values": "Red"}, [(0, "", "add_values", "invalid")]),
    (
        {"name": "parts", "add_values": ["Pink"], "remove_values": [5]},
        [(0, "", "add_values", "does_not_exist"), (0, "", "remove_values", "invalid")],
    ),
    (
        {"name": "owner", "value": "01920000-0000-7000-8000-000000000001"},
        [(0, "", "value", "does_not_exist")],
    ),
]


def test_a_refused_entry_says_which_part_and_why_and_nothing_is_stored(machines: Caller) -> None:
    uuid = make(machines)
    good = FieldEntry(name="price", value=7)
    for entry, expected in REFUSED:
        request = SaveRequest(Mode.UPDATE, uuid, entries=[FieldEntry(**entry), good])
        error = refusal(write, machines, "machines", request)
        assert problems(error) == expected, entry
        assert isinstance(error, InvalidValues)
        assert error.size == 2
        error.detail.encode()
    assert view(machines, "machines", uuid).version == 1


def test_every_problem_is_reported_at_its_place(machines: Caller) -> None:
    make(machines, "Taken", serial="S-1")
    sent = {"slot": "x", "serial": " s-1", "note": "fine", "name": "TAKEN", "colour": "Pink"}
    error = refusal(make_record, machines, "machines", **sent)
    assert sorted(problems(error), key=str) == [
        (0, "", "value", "invalid"),
        (1, "", "value", "unique"),
        (3, "", "value", "unique"),
        (4, "", "value", "does_not_exist"),
        (None, "parts", "value", "required"),
    ]


def test_a_field_is_addressed_by_id_or_name_and_once_only(machines: Caller) -> None:
    uuid = make(machines)
    schema = machines.schema("machines")
    note, price = schema.by_name["note"].uuid, schema.by_name["price"].uuid
    both = FieldEntry(id=note.upper(), name="note", value="by both")
    write(machines, "machines", SaveRequest(Mode.UPDATE, uuid, entries=[both]))
    assert read(machines, "machines", uuid)["note"] == "by both"
    crossed = SaveRequest(Mode.UPDATE, uuid, entries=[FieldEntry(id=price, name="note", value="x")])
    assert problems(refusal(write, machines, "machines", crossed)) == [(0, "", "name", "invalid")]
    twice = SaveRequest(Mode.UPDATE, uuid, entries=[both, FieldEntry(name="note", value="x")])
    assert problems(refusal(write, machines, "machines", twice)) == [(1, "", "id", "invalid")]
    swapped = SaveRequest(Mode.UPDATE, uuid, entries=[FieldEntry(name=note, value="x")])
    assert problems(refusal(write, machines, "machines", swapped)) == [
        (0, "", "name", "does_not_exist")
    ]


def test_unique_values_are_unique_however_they_are_written_and_archived_ones_too(
    machines: Caller,
) -> None:
    holder = make(machines, "A", serial="Straße  1", slot=7)
    archive(machines, "machines", holder)
    error = refusal(make, machines, "B", serial="STRASSE 1", slot="7.0")
    assert sorted(problems(error)) == [(2, "", "value", "unique"), (3, "", "value", "unique")]


def test_a_unique_value_given_up_can_be_taken(machines: Caller) -> None:
    first, second = make(machines, "A", serial="s", slot=1), make(machines, "B", serial="t", slot=2)
    change_record(machines, "machines", first, serial="S", slot=None)
    change_record(machines, "machines", second, slot=1)
    change_record(machines, "machines", first, serial=None)
    change_record(machines, "machines", second, serial="s")
    assert differences(machines) == []


def test_identifiers_are_unique_and_keep_their_spelling(machines: Caller) -> None:
    uuid = make(machines, "Café  Press")
    assert problems(refusal(make, machines, " CAFE\u0301 press ")) == [(0, "", "value", "unique")]
    result = change_record(machines, "machines", uuid, name="CAFÉ Press")
    assert (result.action, read(machines, "machines", uuid)["name"]) == ("updated", "CAFÉ Press")


def test_a_write_to_another_version_than_expected_is_refused(machines: Caller) -> None:
    uuid = make(machines)

    def change(version: int) -> object:
        entry = FieldEntry(name="note", value=f"after {version}")
        request = SaveRequest(Mode.UPDATE, uuid, entries=[entry], expected_version=version)
        return write(machines, "machines", request)

    change(1)
    error = refusal(change, 1)
    assert isinstance(error, PreconditionFailed)
    assert error.version == 2
    change(2)
    assert view(machines, "machines", uuid).version == 3


def test_a_record_that_is_not_there_is_not_found(machines: Caller) -> None:
    unknown = "01920000-0000-7000-8000-000000000001"
    for mode in (Mode.UPDATE, Mode.REPLACE, Mode.ARCHIVE, Mode.UNARCHIVE):
        assert isinstance(refusal(save, machines, "machines", mode, unknown), NotFound)


DEFAULTS: list[tuple[str, Any, Any]] = [
    ("team_selector", "is_me", "admin@example.com"),
    ("dynamictags", ["fresh"], ["fresh"]),
    ("dropdown", "Green", "Green"),
]


def test_defaults_name_members_tags_and_options(machines: Caller) -> None:
    for at, (field_type, default, _) in enumerate(DEFAULTS):
        options = OPTIONS if field_type == "dropdown" else ()
        make_field(
            machines, "machines", f"Extra {at}", field_type, default_value=default, options=options
        )
    values = read(machines, "machines", make(machines))
    for at, (field_type, _, expected) in enumerate(DEFAULTS):
        value: Any = values.get(f"extra_{at}")
        assert (value["email"] if field_type == "team_selector" else names(value)) == expected
    assert differences(machines) == []


@pytest.mark.parametrize(("field_type", "default"), [("dropdown", "gone"), ("date", "no date")])
def test_a_default_that_has_become_wrong_is_no_error(
    machines: Caller, field_type: str, default: Any
) -> None:
    options = OPTIONS if field_type == "dropdown" else ()
    uuid = make_field(machines, "machines", "Extra", field_type, options=options)
    Field.objects.filter(workspace=machines.workspace, uuid=uuid).update(default_value=default)
    touch(machines.workspace.pk, [machines.schema("machines").id])
    assert "extra" not in read(machines, "machines", make(machines))
    assert differences(machines) == []
