"""Creating and changing records: what is kept, cleared, filled and refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from records.exceptions import (
    Conflict,
    InvalidValues,
    NotAllowed,
    NotFound,
    PreconditionFailed,
    RecordsError,
)
from records.models import Attachment, Field, Record
from records.services.catalogue.versions import touch
from records.services.operations.lifecycle import cancel_record, trash_record
from records.services.reading.record_address import Address
from records.services.storage import ExternalKey
from records.services.writing.save_requests import Attributes, Mode, SaveRequest, SaveResult
from records.services.writing.values import FieldEntry
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    change_record,
    entries,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import (
    asked_upsert,
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
    write_all,
)
from tests.services.merging.acting import merge

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


# ---------------------------------------------------------------- cancelled records


def cancelled(machines: Caller, **values: Any) -> str:
    uuid = make(machines, **values)
    cancel_record(machines.author, machines.schema("machines"), Address(uuid))
    return uuid


def test_a_cancelled_record_may_be_sent_as_it_is(machines: Caller) -> None:
    uuid = cancelled(machines, note="x")
    same = SaveRequest(Mode.UPDATE, uuid, entries=entries({"note": "x"}))
    assert write(machines, "machines", same).action == "unchanged"
    other = replace(same, entries=entries({"note": "y"}))
    assert type(refusal(write, machines, "machines", other)) is Conflict
    named = replace(same, attributes=Attributes(external=ExternalKey("crm", "1")))
    assert type(refusal(write, machines, "machines", named)) is Conflict


@pytest.mark.parametrize("entry", ["x", "y"])
def test_a_cancelled_record_is_not_replaced_even_by_itself(machines: Caller, entry: str) -> None:
    uuid = cancelled(machines, note="x")
    sent = {"name": "Mill", "note": entry, "parts": ["Red"], "never_empty": "x"}
    request = SaveRequest(Mode.REPLACE, uuid, entries=entries(sent))
    assert type(refusal(write, machines, "machines", request)) is Conflict


def test_a_change_of_definitions_reaches_cancelled_records(machines: Caller) -> None:
    uuid = cancelled(machines, note="x")
    sent = entries({"note": "y"})
    for mode in (Mode.UPDATE, Mode.REPLACE):
        more = {} if mode == Mode.UPDATE else {"name": "Mill", "parts": ["Red"], "never_empty": "x"}
        request = SaveRequest(mode, uuid, entries=[*sent, *entries(more)], even_cancelled=True)
        write(machines, "machines", request)
        assert read(machines, "machines", uuid)["note"] == "y"


def test_the_far_side_of_a_cancelled_record_is_not_sent_again(machines: Caller) -> None:
    make_object(machines, "Tools")
    make_relation(machines, "tools", "Machine", "machines", "primary", "Tools")
    tool = make_record(machines, "tools", name="Drill").record.uuid
    uuid = cancelled(machines, note="x")
    for sent in ({"tools": [tool]}, {"note": "x", "tools": [tool]}):
        request = SaveRequest(Mode.UPDATE, uuid, entries=entries(sent))
        assert type(refusal(write, machines, "machines", request)) is Conflict


# ---------------------------------------------------------------- matching


def asking(
    machines: Caller,
    value: str = "Mill",
    sent: dict[str, Any] | None = None,
    field: str | None = None,
    **more: Any,
) -> SaveRequest:
    """An upsert by the name, or by a unique field."""
    request = asked_upsert(machines, "machines", value, sent, match_field=field)
    return replace(request, **more)


def put(caller: Caller, *args: Any, **more: Any) -> SaveResult:
    return write(caller, "machines", asking(caller, *args, **more))


def test_kept_fields_stay_and_blank_ones_are_filled(machines: Caller) -> None:
    uuid = make(machines, note="x", price=None)
    by_name = machines.schema("machines").by_name
    kept = frozenset({by_name["note"].id, by_name["price"].id})
    assert put(machines, "Mill", {"note": "y", "price": "3.00"}, kept=kept).action == "updated"
    values = read(machines, "machines", uuid)
    assert (values["note"], values["price"]["amount"]) == ("x", 3)


def test_a_record_that_must_exist_is_at_no_version(machines: Caller) -> None:
    for more in ({"must_exist": True}, {"expected_version": 4}):
        error = refusal(put, machines, "Mill", {"parts": ["Red"]}, **more)
        assert isinstance(error, PreconditionFailed)
        assert error.detail == "There is no such record yet."
    assert isinstance(refusal(put, machines, "Mill", may_create=False), NotFound)


def test_a_record_that_must_be_new_is_not_changed(machines: Caller) -> None:
    uuid = make(machines)
    error = refusal(put, machines, "Mill", {"note": "x"}, must_be_new=True)
    assert isinstance(error, PreconditionFailed)
    assert error.detail.startswith("There is such a record already, at version 1;")
    archive(machines, "machines", uuid)
    error = refusal(put, machines, "Mill", must_be_new=True, on_archived="unarchive")
    assert isinstance(error, PreconditionFailed)
    assert error.detail.startswith("There is such a record already, at version 2;")


OWN = {"create": True, "view": "own", "edit": "own", "remove": "own"}


@pytest.mark.parametrize(("field", "value"), [(None, "Mill"), ("serial", "s"), ("slot", "1")])
def test_a_match_out_of_sight_is_a_value_that_is_taken(
    machines: Caller, field: str | None, value: str
) -> None:
    clerk = make_member(machines, "clerk@example.com", {"machines": OWN})
    uuid, key = make(machines, serial="s", slot=1), ExternalKey("crm", "1")
    theirs = Attributes(external=key, member_id=machines.member.pk)
    write(machines, "machines", SaveRequest(Mode.UPDATE, uuid, attributes=theirs))
    sent = {"note": "x", "parts": ["Red"]}
    taken = [(None, field or "name", "value", "unique")]
    assert problems(refusal(put, clerk, value, sent, field)) == taken
    # Nor does a version, or that there is one, say more.
    for more in ({"must_be_new": True}, {"expected_version": 9}):
        assert problems(refusal(put, clerk, value, sent, field, **more)) == taken
    hidden = asking(clerk, value, sent, field, hides_match=True)
    assert type(refusal(write, clerk, "machines", hidden)) is NotFound
    by_key = SaveRequest(Mode.UPSERT, external=key, entries=entries(sent))
    error = refusal(write, clerk, "machines", by_key)
    assert (type(error), error.code) == (Conflict, "already_exists")


def test_what_may_be_seen_and_not_edited_is_refused_as_that(machines: Caller) -> None:
    reader = make_member(
        machines, "reader@example.com", {"machines": {**OWN, "view": "all", "edit": "none"}}
    )
    make(machines)
    assert type(refusal(put, reader, "Mill", {"note": "x"})) is NotAllowed


def test_a_lookup_value_fills_no_field_that_its_caller_may_not_set(machines: Caller) -> None:
    clerk = make_member(
        machines,
        "clerk@example.com",
        {"machines": {**OWN, "view": "all"}},
        locked=[("machines", "serial")],
    )
    error = refusal(put, clerk, "s", {"name": "Mill", "parts": ["Red"]}, "serial")
    assert problems(error) == [(None, "serial", "value", "permission_required")]
    # What the caller sends is refused where it is read, once.
    sent = {"name": "Mill", "parts": ["Red"], "serial": "t"}
    error = refusal(save, clerk, "machines", Mode.CREATE, **sent)
    assert problems(error) == [(2, "", "value", "permission_required")]


# ---------------------------------------------------------------- bringing back


def test_what_an_upsert_finds_archived_comes_back(machines: Caller) -> None:
    uuid = make(machines, serial="s", note="x")
    archive(machines, "machines", uuid)
    done = put(machines, "s", {"name": "Mill", "note": "y"}, "serial", on_archived="unarchive")
    assert (done.record.uuid, done.action) == (uuid, "unarchived")
    assert read(machines, "machines", uuid)["note"] == "y"
    # What it is found by may be sent in another spelling.
    archive(machines, "machines", uuid)
    put(machines, "s", {"name": "Saw", "serial": "S"}, "serial", on_archived="unarchive")
    assert read(machines, "machines", uuid)["serial"] == "S"
    put(machines, "s", {"name": "Mill", "serial": "s"}, "serial")
    # The name alone is that of an archived record.
    archive(machines, "machines", uuid)
    sent = {"name": "Mill", "parts": ["Red"]}
    done = put(machines, "t", sent, "serial", on_archived="unarchive")
    assert (done.record.uuid, done.action) == (uuid, "unarchived")
    assert read(machines, "machines", uuid)["serial"] == "s"
    assert differences(machines) == []


def test_a_value_that_a_record_was_found_by_is_no_change_of_it(machines: Caller) -> None:
    uuid = make(machines, "MILL  a")
    archive(machines, "machines", uuid)
    done = put(machines, "mill A", on_archived="unarchive")
    assert (done.record.uuid, done.action) == (uuid, "unarchived")
    assert read(machines, "machines", uuid)["name"] == "MILL  a"
    assert done.changed == frozenset()


@pytest.mark.parametrize("field", [None, "serial"])
def test_an_archived_record_gives_up_once_what_another_takes(
    machines: Caller, field: str | None
) -> None:
    uuid = make(machines, serial="s")
    archive(machines, "machines", uuid)
    sent = {"name": "Mill", "serial": "s", "parts": ["Red"]}
    value = "Mill" if field is None else "s"
    error = refusal(put, machines, value, sent, field)
    assert (field or "name", "archived_conflict") in [
        (entry.field_name, problem.code)
        for entry in getattr(error, "entries", ())
        for problem in entry.problems
    ]
    assert len(problems(error)) == len(set(problems(error)))
    if field is None:
        del sent["serial"]
        done = put(machines, value, sent, field, on_archived="overwrite")
        assert done.action == "created"
        old = Record.objects.get(workspace=machines.workspace, uuid=uuid)
        assert (old.version, old.display_name.count("(archived")) == (3, 1)
    assert differences(machines) == []


def test_an_archived_match_is_told_beside_a_name_that_contradicts_it(machines: Caller) -> None:
    uuid = make(machines)
    archive(machines, "machines", uuid)
    error = refusal(put, machines, "Mill", {"name": "Saw", "parts": ["Red"]})
    assert problems(error) == [(0, "", "value", "conflict"), (0, "", "value", "archived_conflict")]
    assert getattr(error, "archived_id", None) == uuid


def test_nothing_archived_is_found_where_nothing_is(machines: Caller) -> None:
    done = put(machines, "Mill", {"parts": ["Red"]}, on_archived="unarchive")
    assert done.action == "created"
    # A live record is no archived one.
    error = refusal(save_asking, machines, "Mill", on_archived="unarchive")
    assert problems(error) == [(0, "", "value", "unique")]


def save_asking(caller: Caller, name: str, **more: Any) -> SaveResult:
    sent = entries({"name": name, "parts": ["Red"]})
    return write(caller, "machines", SaveRequest(Mode.CREATE, entries=sent, **more))


def test_a_merged_record_does_not_come_back_beside_its_survivor(machines: Caller) -> None:
    into, loser = make(machines, "Mill"), make(machines, "Milll")
    merge(machines, into, loser, object_name="machines")
    error = refusal(save_asking, machines, "Milll", on_archived="unarchive")
    assert problems(error) == [(0, "", "value", "unique")]
    assert into in error.detail


def test_the_archived_survivor_of_a_merged_record_keeps_its_own_name(machines: Caller) -> None:
    into, loser = make(machines, "Mill", serial="s"), make(machines, "Milll", serial="t")
    merge(machines, into, loser, object_name="machines")
    archive(machines, "machines", into)
    done = save_asking(machines, "Milll", on_archived="unarchive")
    assert (done.record.uuid, done.action) == (into, "unarchived")
    assert read(machines, "machines", into)["name"] == "Mill"
    archive(machines, "machines", into)
    # By its own name, of which it may change the spelling.
    done = save_asking(machines, "MILL", on_archived="unarchive")
    assert (done.record.uuid, read(machines, "machines", into)["name"]) == (into, "MILL")
    assert differences(machines) == []


def test_the_name_of_a_merged_record_passes_to_a_new_one_while_the_survivor_is_archived(
    machines: Caller,
) -> None:
    into, loser = make(machines, "Mill"), make(machines, "Milll")
    merge(machines, into, loser, object_name="machines")
    archive(machines, "machines", into)
    done = put(machines, "Milll", {"parts": ["Red"]}, on_archived="overwrite")
    assert (done.action, read(machines, "machines", done.record.uuid)["name"]) == (
        "created",
        "Milll",
    )
    assert differences(machines) == []


def test_what_is_in_the_trash_does_not_come_back_by_its_name(machines: Caller) -> None:
    uuid = make(machines)
    trash_record(machines.author, machines.schema("machines"), Address(uuid))
    done = save_asking(machines, "Mill", on_archived="unarchive")
    assert (done.action, done.record.uuid == uuid) == ("created", False)


@pytest.mark.parametrize("lacking", ["edit", "remove"])
def test_what_may_be_seen_is_brought_back_by_those_who_may_edit_and_unarchive(
    machines: Caller, lacking: str
) -> None:
    grant = {"create": True, "view": "all", "edit": "all", "remove": "all", lacking: "none"}
    clerk = make_member(machines, "clerk@example.com", {"machines": grant})
    archive(machines, "machines", make(machines))
    error = refusal(put, clerk, "Mill", {"parts": ["Red"]}, on_archived="unarchive")
    assert (type(error), error.detail) == (
        NotAllowed,
        "You may not bring the archived record back.",
    )


@pytest.mark.parametrize("own", [True, False], ids=["its own external id", "one that is sent"])
def test_what_comes_back_has_no_external_id_of_another(machines: Caller, own: bool) -> None:
    key = ExternalKey("crm", "1")
    uuid = make(machines)
    if own:
        named = SaveRequest(Mode.UPDATE, uuid, attributes=Attributes(external=key))
        write(machines, "machines", named)
    archive(machines, "machines", uuid)
    # An archived record does not block its external id.
    other = entries({"name": "Other", "parts": ["Red"]})
    write(machines, "machines", SaveRequest(Mode.UPSERT, external=key, entries=other))
    asked: dict[str, Any] = {} if own else {"attributes": Attributes(external=key)}
    error = refusal(put, machines, "Mill", on_archived="unarchive", **asked)
    assert (type(error), error.code) == (Conflict, "already_exists")
    # With another one it comes back.
    anew = Attributes(external=ExternalKey("crm", "2"))
    done = put(machines, "Mill", on_archived="unarchive", attributes=anew)
    assert (done.action, done.record.external_id) == ("unarchived", "2")


# ---------------------------------------------------------------- what a write is told as


def test_a_rule_about_members_is_held_where_the_member_changes(machines: Caller) -> None:
    clerk = make_member(machines, "clerk@example.com", {"machines": OWN})
    uuid = make(machines, note="x")
    rule = "member.email == 'admin@example.com'"
    Field.objects.filter(workspace=machines.workspace, name="note").update(
        validation=rule, validation_message="Not theirs."
    )
    touch(machines.workspace.pk, [machines.schema("machines").id])

    def give(member: int | None, **values: Any) -> RecordsError | str:
        asked = SaveRequest(
            Mode.UPDATE, uuid, attributes=Attributes(member_id=member), entries=entries(values)
        )
        (done,) = write_all(machines, "machines", asked)
        return done.action if isinstance(done, SaveResult) else done

    assert give(machines.member.pk) == "updated"
    assert isinstance(give(clerk.member.pk), InvalidValues)
    # Whose it is stays, so the rule is not asked again.
    Record.objects.filter(workspace=machines.workspace, uuid=uuid).update(member=clerk.member)
    assert give(clerk.member.pk, price="1.00") == "updated"
    assert isinstance(give(clerk.member.pk, note="y"), InvalidValues)


def test_links_of_others_are_changes_of_the_record_that_names_them(machines: Caller) -> None:
    make_object(machines, "Tools")
    make_relation(machines, "tools", "Machine", "machines", "primary", "Tools")
    tool = make_record(machines, "tools", name="Drill").record.uuid
    uuid = make(machines)
    by_name = machines.schema("machines").by_name

    def put_in(**values: Any) -> tuple[str, set[str]]:
        done = change_record(machines, "machines", uuid, **values)
        fields = {name for name, spec in by_name.items() if spec.id in done.changed}
        return done.action, fields

    assert put_in(tools=[tool]) == ("updated", {"tools"})
    assert view(machines, "machines", uuid).version == 1
    assert put_in(tools=[tool]) == ("unchanged", set())
    assert put_in(tools=[], note="x") == ("updated", {"tools", "note"})
    assert view(machines, "machines", uuid).version == 2


def test_a_file_without_a_record_becomes_that_of_the_record_that_names_it(
    machines: Caller,
) -> None:
    make_field(machines, "machines", "Papers", "files")
    of = {"workspace": machines.workspace, "created_by": machines.member.pk}
    file = Attachment.objects.create(name="a.txt", file="a.txt", size=1, sha256="0" * 64, **of)
    uuid = make(machines, papers=[str(file.uuid)])
    file.refresh_from_db()
    assert file.record is not None
    assert str(file.record.uuid) == uuid
    # In one batch it is the first's alone.
    other = Attachment.objects.create(name="b.txt", file="b.txt", size=1, sha256="1" * 64, **of)
    sent = [
        {"name": name, "parts": ["Red"], "papers": [str(other.uuid)]} for name in ("Saw", "Axe")
    ]
    requests = [SaveRequest(Mode.CREATE, entries=entries(each)) for each in sent]
    done = write_all(machines, "machines", *requests)
    assert [type(each) for each in done] == [SaveResult, InvalidValues]


def test_a_file_that_goes_is_taken_out_of_the_fields_that_name_it(machines: Caller) -> None:
    for label in ("Papers", "Plans"):
        make_field(machines, "machines", label, "files")
    of = {"workspace": machines.workspace, "created_by": machines.member.pk}
    first, second = (
        Attachment.objects.create(name=name, file=name, size=1, sha256="0" * 64, **of)
        for name in ("a.txt", "b.txt")
    )
    uuid = make(machines, papers=[str(first.uuid), str(second.uuid)], plans=[str(second.uuid)])
    # A record that lacks what is required by now loses its files all the same.
    Field.objects.filter(workspace=machines.workspace, name="note").update(is_required=True)
    touch(machines.workspace.pk, [machines.schema("machines").id])
    request = SaveRequest(Mode.DETACH, uuid, attachment_id=first.pk)
    done = write(machines, "machines", request)
    fields = {spec.name for spec in done.schema.fields if spec.id in done.changed}
    assert (done.action, fields) == ("detached", {"papers"})
    assert [row.action for row in history(machines, "machines", uuid)] == ["detached", "created"]
