"""What a process knows of a workspace: objects by every spelling, roles with what they hide,
members."""

from __future__ import annotations

import pytest

from records.exceptions import Conflict
from records.models import Extent, Field
from records.services.catalogue.directory import (
    EVERYTHING,
    NOTHING,
    Directory,
    Grant,
    RoleSpec,
    get_directory,
    load_workspace,
    read_uncommitted,
    schema_in_any_state,
)
from records.services.catalogue.versions import touch
from records.services.shaping.creation import get_object
from records.services.shaping.objects import archive_object
from tests.factories import Caller, FieldDefinition, make_member, make_object, make_relation


@pytest.fixture
def directory(workspace: Caller) -> Directory:
    make_object(workspace, "Boats", FieldDefinition("Length", "integer"))
    return workspace.author.directory


def test_an_object_is_found_by_name_and_by_its_id_in_every_spelling(directory: Directory) -> None:
    boats = directory.find_object("boats")
    assert boats is not None
    for key in (boats.uuid, boats.uuid.upper(), boats.uuid.replace("-", "")):
        assert directory.find_object(key) == boats
    for key in ("", "Boats", "x" * 36, "x" * 32, boats.uuid + "0"):
        assert directory.find_object(key) is None
    assert directory.find_object("contacts") == directory.find_object("client_client")


def test_an_archived_object_is_not_in_the_directory(
    workspace: Caller, directory: Directory
) -> None:
    boats = get_object(workspace.author, "boats")
    archive_object(workspace.author, boats.pk)
    current = workspace.author.directory
    assert current.find_object("boats") is None
    with pytest.raises(Conflict):
        current.schema(boats.pk)
    assert schema_in_any_state(current, boats.pk).name == "boats"


def test_the_object_that_a_relationship_leads_to_is_found_unless_archived(
    workspace: Caller,
) -> None:
    make_object(workspace, "Boats")
    make_object(workspace, "Ports")
    make_relation(workspace, "boats", "Port", "ports", "primary", "Boats")
    boats = workspace.schema("boats")
    found = workspace.author.directory.find_related(boats.by_name["port"])
    assert found is not None
    assert found.name == "ports"
    assert workspace.author.directory.find_related(boats.by_name["name"]) is None
    archive_object(workspace.author, get_object(workspace.author, "ports").pk)
    assert workspace.author.directory.find_related(boats.by_name["port"]) is None


def test_a_directory_is_kept_until_definitions_change(workspace: Caller) -> None:
    key = workspace.workspace.id
    known = get_directory(load_workspace(key))
    assert get_directory(load_workspace(key)) is known
    assert read_uncommitted(key) is not known
    touch(key)
    assert get_directory(load_workspace(key)) is not known


def test_a_schema_is_compiled_again_only_for_the_object_that_changed(workspace: Caller) -> None:
    changed, other = (make_object(workspace, label).pk for label in ("Boats", "Ports"))
    before = workspace.author.directory
    schemas = {key: before.schema(key) for key in (changed, other)}
    touch(workspace.workspace.id, [changed])
    after = workspace.author.directory
    assert after.schema(other) is schemas[other]
    assert after.schema(changed) is not schemas[changed]


def test_members_are_found_by_key_and_by_uuid(workspace: Caller) -> None:
    member = make_member(workspace, "clerk@example.com").member
    directory = workspace.author.directory
    assert set(directory.members([member.pk, 0])) == {member.pk}
    found = directory.find_members([str(member.uuid), "00000000-0000-0000-0000-000000000000"])
    assert [spec.json["email"] for spec in found.values()] == ["clerk@example.com"]


NONE, OWN, ALL = Extent.NONE.value, Extent.OWN.value, Extent.ALL.value
OWNING: list[tuple[Grant, str, Grant]] = [
    (NOTHING, ALL, Grant(False, OWN, OWN, OWN)),
    (NOTHING, OWN, Grant(False, OWN, OWN, OWN)),
    (EVERYTHING, ALL, EVERYTHING),
    (EVERYTHING, OWN, Grant(True, ALL, OWN, OWN)),
    (Grant(True, ALL, NONE, ALL), ALL, Grant(True, ALL, OWN, ALL)),
    (Grant(True, ALL, ALL, NONE), OWN, Grant(True, ALL, OWN, OWN)),
]


@pytest.mark.parametrize(("granted", "reaches", "expected"), OWNING)
def test_a_role_that_owns_reaches_own_records_and_no_further_than_the_key(
    granted: Grant, reaches: str, expected: Grant
) -> None:
    role = RoleSpec(1, granted is EVERYTHING, {7: granted}, owns=True, reaches=reaches)
    assert role.grant(7) == expected
    assert RoleSpec(1, False, {7: granted}).grant(8) == NOTHING


def test_what_is_computed_from_a_hidden_field_is_hidden(workspace: Caller) -> None:
    clerk = make_member(
        workspace,
        "clerk@example.com",
        {"contacts": {"view": "all"}},
        hidden=[("contacts", "last_name")],
    )
    role = workspace.author.directory.role(clerk.member.role_id)
    names = set(
        Field.objects.filter(workspace=workspace.workspace, id__in=role.hidden_fields).values_list(
            "name"
        )
    )
    assert {("last_name",), ("full_name",)} <= names
    assert ("first_name",) not in names
