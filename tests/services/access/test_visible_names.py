"""Names of records never show what the caller may not see: in lists, links, searches, orders,
history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from records.services.access.author import find_field
from records.services.access.visible_names import (
    find_sought_field,
    name_for,
    name_is_open,
    shown_pattern,
    stand_in,
)
from records.services.reading.history import get_record_as_of
from records.services.shaping.creation import get_object
from records.services.shaping.objects import archive_object
from tests.factories import (
    Caller,
    FieldDefinition,
    change_record,
    make_member,
    make_object,
    make_record,
    make_relation,
    set_pattern,
)
from tests.services.acting import (
    cost,
    found,
    invalid_at,
    problems,
    read,
    refusal,
    search,
    values_of,
    view,
)

ALL = {"create": True, "view": "all", "edit": "all", "remove": "all"}


@pytest.fixture
def strikes(workspace: Caller) -> Caller:
    """Strikes, named by a species and by the airport they happened at; an airport is named by its
    city."""
    make_object(
        workspace,
        "Airports",
        FieldDefinition("City", "text"),
        FieldDefinition("Remark", "longtext"),
    )
    make_object(workspace, "Strikes", FieldDefinition("Species", "text"), identifier_field=None)
    make_relation(workspace, "strikes", "Airport", "airports", "primary", "Strikes")
    set_pattern(workspace, "airports", "{city} ({name})")
    set_pattern(workspace, "strikes", "{species} at {airport}")
    make_record(workspace, "airports", name="DFW", city="Dallas")
    make_record(workspace, "airports", name="BOS", city="Boston")
    make_record(workspace, "strikes", species="Gull", airport={"name": "BOS"})
    make_record(workspace, "strikes", species="Owl", airport={"name": "DFW"})
    return workspace


def both(**airports: object) -> dict[str, dict[str, Any]]:
    return {"strikes": dict(ALL), "airports": {**ALL, **airports}}


def test_a_name_leaves_out_what_is_hidden(strikes: Caller) -> None:
    blind = make_member(strikes, "blind@example.com", both(), hidden=[("airports", "city")])
    assert sorted(found(strikes, "airports")) == ["Boston (BOS)", "Dallas (DFW)"]
    assert sorted(found(blind, "airports")) == ["BOS", "DFW"]
    assert sorted(found(blind, "strikes")) == ["Gull at BOS", "Owl at DFW"]


def test_a_linked_record_out_of_sight_is_in_no_name(strikes: Caller) -> None:
    for extent in ("none", "own"):
        near = make_member(strikes, f"{extent}@example.com", both(view=extent))
        assert sorted(found(near, "strikes")) == ["Gull", "Owl"]
    row = search(strikes, "airports", query=[{"filters": [_clause("name", "=", "BOS")]}]).views[0]
    change_record(strikes, "airports", row.uuid, owner=str(near.member.uuid))
    assert sorted(found(near, "strikes")) == ["Gull at Boston (BOS)", "Owl"]


def _clause(field: str, condition: str, value: object) -> dict[str, object]:
    return {"field": field, "condition": condition, "value": value}


def test_whoever_writes_the_stored_name_is_whole(strikes: Caller) -> None:
    blind = make_member(strikes, "blind@example.com", both(), hidden=[("airports", "city")])
    row = search(blind, "airports", ordering=("name",)).views[0]
    change_record(blind, "airports", row.uuid, remark="Fog")
    assert found(strikes, "airports", ordering=("name",))[0] == "Boston (BOS)"


def test_what_a_name_may_show_is_neither_searched_nor_sorted_by(strikes: Caller) -> None:
    blind = make_member(strikes, "blind@example.com", both(), hidden=[("airports", "city")])
    spec = strikes.schema("airports").by_name["display_name"]
    for object_name in ("airports", "strikes"):
        for attempt in (
            lambda name=object_name: found(blind, name, ("display_name", "contains", "dallas")),
            lambda name=object_name: found(blind, name, ordering=("-display_name",)),
            lambda name=object_name: found(
                blind, name, search="dallas", within_names=["display_name"]
            ),
        ):
            assert refusal(attempt).code == "permission_required"
    place = ("ordering", 0)
    asked = (blind.author, blind.schema("airports"), "display_name", place)
    assert invalid_at(find_sought_field, *asked) == (place, "permission_required")
    assert find_sought_field(blind.author, blind.schema("airports"), "unknown", place) is None
    by_id = refusal(found, blind, "airports", search="dallas", within_ids=[spec.uuid])
    assert by_id.code == "permission_required"
    assert refusal(found, blind, "strikes", ordering=("airport",)).code == "permission_required"
    assert found(strikes, "strikes", ordering=("airport",)) == [
        "Gull at Boston (BOS)",
        "Owl at Dallas (DFW)",
    ]
    assert found(blind, "airports", search="dallas") == []


def test_the_values_of_a_link_are_neither_found_nor_sorted_by_what_is_hidden(
    strikes: Caller,
) -> None:
    make_object(strikes, "Pilots")
    make_relation(strikes, "pilots", "Bases", "airports", "additional", "Pilots")
    bases = [{"name": "DFW"}, {"name": "BOS"}]
    pilot = make_record(strikes, "pilots", name="P", bases=bases).record.uuid
    grants = {**both(), "pilots": dict(ALL)}
    blind = make_member(strikes, "blind@example.com", grants, hidden=[("airports", "city")])
    field = strikes.schema("pilots").by_name["bases"].uuid
    assert values_of(strikes, pilot, field) == ["Boston (BOS)", "Dallas (DFW)"]
    assert values_of(blind, pilot, field) == ["DFW", "BOS"]
    assert values_of(blind, pilot, field, "dallas") == []
    assert [item["display_name"] for item in read(blind, "pilots", pilot)["bases"]] == [
        "DFW",
        "BOS",
    ]


def test_a_plain_object_is_searched_and_sorted_by_its_identifier_instead(workspace: Caller) -> None:
    make_object(workspace, "Firms", FieldDefinition("Remark", "longtext"))
    make_relation(workspace, "firms", "Parent", "firms", "primary", "Children")
    a = make_record(workspace, "firms", name="A", remark="secret").record.uuid
    make_record(workspace, "firms", name="B", parent=a)
    make_record(workspace, "firms", name="C", parent={"name": "B"})
    blind = make_member(
        workspace, "blind@example.com", {"firms": dict(ALL)}, hidden=[("firms", "remark")]
    )
    for caller in (workspace, blind):
        assert found(caller, "firms", ordering=("-display_name",)) == ["C", "B", "A"]
        assert found(caller, "firms", ("display_name", "starts_with", "b")) == ["B"]
        assert found(caller, "firms", search="c", within_names=["display_name"]) == ["C"]
        assert found(caller, "firms", ordering=("-parent",)) == ["C", "B", "A"]
        assert values_of(caller, a, workspace.schema("firms").by_name["children"].uuid, "b") == [
            "B"
        ]


def test_a_record_without_a_name_is_not_called_by_a_hidden_text(workspace: Caller) -> None:
    make_object(
        workspace,
        "Notes",
        FieldDefinition("Secret", "text"),
        FieldDefinition("Text", "text"),
        identifier_field=None,
    )
    uuid = make_record(workspace, "notes", secret="hush", text="Hello").record.uuid
    blind = make_member(
        workspace, "blind@example.com", {"notes": dict(ALL)}, hidden=[("notes", "secret")]
    )
    assert (
        view(workspace, "notes", uuid).display_name,
        view(blind, "notes", uuid).display_name,
    ) == ("hush", "Hello")
    assert read(blind, "notes", uuid)["display_name"] == "Hello"
    past = get_record_as_of(blind.author, blind.schema("notes"), uuid, datetime.now(UTC), [])
    assert past.display_name == "Hello"


def test_a_hidden_identifier_of_a_linked_record_cannot_be_guessed(strikes: Caller) -> None:
    blind = make_member(strikes, "blind@example.com", both(), hidden=[("airports", "name")])
    assert found(strikes, "strikes", ("airport", "contains", [{"name": "DFW"}])) == [
        "Owl at Dallas (DFW)"
    ]
    assert found(blind, "strikes", ("airport", "contains", [{"name": "DFW"}])) == []
    error = refusal(make_record, blind, "strikes", species="Hawk", airport={"name": "DFW"})
    assert problems(error)[-1][3] == "does_not_exist"


def test_a_full_name_is_hidden_with_its_parts(workspace: Caller) -> None:
    make_record(workspace, "contacts", first_name="Ann", last_name="Lee", email="a@example.com")
    blind = make_member(
        workspace, "blind@example.com", {"contacts": dict(ALL)}, hidden=[("contacts", "last_name")]
    )
    row = search(blind, "contacts").views[0]
    assert row.display_name == "a@example.com"
    assert set(read(blind, "contacts", row.uuid)) & {"first_name", "last_name", "full_name"} == {
        "first_name"
    }
    assert find_field(blind.author, blind.schema("contacts"), "full_name") is None
    assert find_field(workspace.author, workspace.schema("contacts"), "full_name") is not None


def test_people_are_in_names_for_everybody(workspace: Caller) -> None:
    make_object(workspace, "Tasks", FieldDefinition("Secret", "text"))
    set_pattern(workspace, "tasks", "{owner}: {name}")
    make_record(workspace, "tasks", name="Paint")
    blind = make_member(
        workspace, "blind@example.com", {"tasks": dict(ALL)}, hidden=[("tasks", "secret")]
    )
    assert found(blind, "tasks") == [f"{workspace.member}: Paint"]


def test_names_that_show_each_other_are_open_to_who_sees_them_all(workspace: Caller) -> None:
    make_object(workspace, "Pages", FieldDefinition("Secret", "integer"))
    make_relation(workspace, "pages", "Next", "pages", "one_to_one", "Previous")
    set_pattern(workspace, "pages", "{name} after {next}")
    make_record(workspace, "pages", name="Two")
    make_record(workspace, "pages", name="One", next={"name": "Two"})
    caller = make_member(
        workspace, "all@example.com", {"pages": dict(ALL)}, hidden=[("pages", "secret")]
    )
    assert found(caller, "pages", ordering=("display_name",)) == ["One after Two", "Two"]


def test_a_name_is_open_to_who_sees_all_that_its_pattern_shows(strikes: Caller) -> None:
    make_object(strikes, "Trips")
    make_relation(strikes, "trips", "From", "airports", "primary", "Departures")
    make_relation(strikes, "trips", "Strike", "strikes", "primary", "Trips")
    trips = {**both(), "trips": dict(ALL)}
    sees_all = make_member(strikes, "all@example.com", trips)
    set_pattern(strikes, "trips", "{from} {strike}")
    roles: tuple[tuple[dict[str, dict[str, Any]], bool], ...] = (
        (trips, True),
        ({**trips, "airports": {"view": "own"}}, False),
        ({**trips, "strikes": {"view": "own"}}, False),
    )
    for at, (grants, is_open) in enumerate(roles):
        caller = make_member(strikes, f"m{at}@example.com", grants)
        assert name_is_open(caller.author, caller.schema("trips")) is is_open
    # An archived object's names are not shown.
    archive_object(strikes.author, get_object(strikes.author, "airports").id)
    caller = make_member(strikes, "m@example.com", {"strikes": dict(ALL)})
    assert name_is_open(caller.author, caller.schema("strikes"))
    # Without links, and for admins whatever they are.
    set_pattern(strikes, "trips", "{name}")
    assert name_is_open(sees_all.author, sees_all.schema("trips"))
    assert name_is_open(strikes.author, strikes.schema("strikes"))


def test_a_pattern_is_shown_to_who_may_see_its_fields(strikes: Caller) -> None:
    blind = make_member(strikes, "blind@example.com", both(), hidden=[("airports", "city")])
    shown = {
        name: shown_pattern(blind.author, blind.schema(name)) for name in ("airports", "strikes")
    }
    assert shown == {"airports": "", "strikes": "{species} at {airport}"}
    assert shown_pattern(strikes.author, strikes.schema("airports")) == "{city} ({name})"


STANDS_IN = [
    ("{city}", "city"),
    ("", "name"),
    ("{city} ({name})", None),
    ("{secret}", None),
    ("{number}", None),
    ("{labels}", None),
    ("words", None),
]


@pytest.mark.parametrize(("pattern", "expected"), STANDS_IN)
def test_a_single_text_that_is_seen_stands_in_for_a_name(
    workspace: Caller, pattern: str, expected: str | None
) -> None:
    make_object(
        workspace,
        "Places",
        FieldDefinition("City", "text"),
        FieldDefinition("Secret", "text"),
        FieldDefinition("Number", "integer"),
        FieldDefinition("Labels", "dynamictags"),
    )
    set_pattern(workspace, "places", pattern)
    blind = make_member(
        workspace, "blind@example.com", {"places": dict(ALL)}, hidden=[("places", "secret")]
    )
    spec = stand_in(blind.author, blind.schema("places"))
    assert (spec and spec.name) == expected


def test_a_name_without_people_asks_for_none(workspace: Caller) -> None:
    make_object(workspace, "Tasks")
    set_pattern(workspace, "tasks", "{owner}: {name}")
    author, schema = workspace.author, workspace.schema("tasks")
    values = {str(schema.by_name["name"].id): "Paint"}
    assert name_for(author, schema, values) == "Paint"
    assert cost(name_for, author, schema, values) == 0
