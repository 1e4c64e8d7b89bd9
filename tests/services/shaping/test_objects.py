"""The objects of a workspace as a list; objects that are archived and brought back."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import NotAllowed, NotFound
from records.services.catalogue.directory import load_workspace
from records.services.shaping.changes import update_object
from records.services.shaping.creation import get_object
from records.services.shaping.objects import (
    archive_object,
    get_object_info,
    list_objects,
    restore_object,
)
from tests.factories import (
    Caller,
    make_member,
    make_object,
    make_record,
    make_relation,
    set_pattern,
)
from tests.services.acting import differences, invalid_at, refusal, view


@pytest.fixture
def fleet(workspace: Caller) -> Caller:
    """Ships that lie in ports, and are named after them."""
    make_object(workspace, "Ships", description="What floats")
    make_object(workspace, "Ports", default_color="blue")
    make_relation(workspace, "ships", "Port", "ports", "primary", "Ships")
    set_pattern(workspace, "ships", "{name} at {port}")
    return workspace


def listed(caller: Caller, **asked: Any) -> list[str]:
    return [info.name for info in list_objects(caller.author, **asked)]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["ships", "ports"]),
        ({"custom_only": False}, ["client_client", "ships", "ports"]),
        ({"search": " SHIP "}, ["ships"]),
        ({"search": "port"}, ["ports"]),
        ({"search": "floats"}, []),
        ({"ordering": ["name"]}, ["ports", "ships"]),
        ({"ordering": ["-created"]}, ["ports", "ships"]),
        ({"ordering": ["object_type", "-object_name"]}, ["ships", "ports"]),
        ({"archived": True}, []),
    ],
    ids=str,
)
def test_objects_are_searched_and_ordered(
    fleet: Caller, asked: dict[str, Any], names: list[str]
) -> None:
    assert listed(fleet, **asked) == names


@pytest.mark.parametrize("key", ["nothing", "", "-", "--name", "id"])
def test_objects_are_ordered_by_known_columns_only(fleet: Caller, key: str) -> None:
    assert invalid_at(list_objects, fleet.author, ordering=[key]) == (("ordering",), "invalid")


def test_members_see_the_objects_they_may_do_something_with(fleet: Caller) -> None:
    clerk = make_member(fleet, "clerk@example.com", {"ports": {"create": True}})
    archive_object(fleet.author, fleet.schema("ships").id)

    assert listed(clerk) == ["ports"]
    assert listed(clerk, archived=True) == []
    assert listed(fleet, archived=True) == ["ships"]


def test_an_object_is_described_archived_or_not(fleet: Caller) -> None:
    ports = fleet.schema("ports")

    assert get_object_info(fleet.author, ports.id).default_color == "blue"
    archive_object(fleet.author, ports.id)
    found = get_object_info(fleet.author, ports.id)
    assert (found.name, found.is_archived, found.is_custom) == ("ports", True, True)
    assert isinstance(refusal(get_object_info, fleet.author, 987654), NotFound)


def test_names_that_show_an_archived_object_are_renewed(fleet: Caller) -> None:
    harbour = make_record(fleet, "ports", name="Harbour").record.uuid
    ship = make_record(fleet, "ships", name="Argo", port={"id": harbour}).record.uuid
    ports = fleet.schema("ports")
    assert view(fleet, "ships", ship).display_name == "Argo at Harbour"

    archive_object(fleet.author, ports.id)
    assert "Harbour" not in view(fleet, "ships", ship).display_name
    assert "port" not in fleet.schema("ships").by_name

    assert restore_object(fleet.author, ports.uuid) == ports.id
    assert view(fleet, "ships", ship).display_name == "Argo at Harbour"
    assert differences(fleet) == []


def test_an_object_is_archived_once(fleet: Caller) -> None:
    ports = fleet.schema("ports").id
    archive_object(fleet.author, ports)
    before = load_workspace(fleet.workspace.pk).definitions_version

    archive_object(fleet.author, ports)

    assert load_workspace(fleet.workspace.pk).definitions_version <= before + 1
    assert listed(fleet, archived=True) == ["ports"]


def test_an_archived_object_keeps_its_pattern_until_it_is_brought_back(fleet: Caller) -> None:
    ports = get_object(fleet.author, "ports")
    archive_object(fleet.author, ports.pk)

    assert invalid_at(update_object, fleet.author, ports, display_pattern="Port {name}") == (
        ("display_pattern",),
        "invalid",
    )
    update_object(fleet.author, ports, display_pattern=ports.display_pattern, description="Quays")
    assert get_object_info(fleet.author, ports.pk).description == "Quays"

    restore_object(fleet.author, "ports")
    update_object(fleet.author, ports, display_pattern="Port {name}")
    made = make_record(fleet, "ports", name="Oslo").record
    assert view(fleet, "ports", made.uuid).display_name == "Port Oslo"


def test_what_cannot_be_archived_or_brought_back(fleet: Caller) -> None:
    contacts = fleet.author.directory.find_object("contacts")
    assert contacts is not None

    assert isinstance(refusal(archive_object, fleet.author, contacts.id), NotAllowed)
    assert isinstance(refusal(restore_object, fleet.author, "nothing"), NotFound)
    assert invalid_at(restore_object, fleet.author, "ships") == ((), "invalid")
