"""Permission groups: reading what a role may do, and changing it as one thing."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import NotAllowed, NotFound
from records.models import ObjectPermission, Role
from records.services.catalogue.directory import CONTACTS, Grant
from records.services.people.permission_groups import (
    create_permission_group,
    duplicate_permission_group,
    get_permission_group,
    set_permission_level,
    update_permission_group,
)
from records.services.people.permission_levels import OPEN, Rights, Switch
from records.services.people.permission_sheets import ObjectSheet, WantedField, WantedObject
from records.services.people.role_grants import GrantChanges, change_grants
from records.services.people.roles import create_role
from records.services.shaping.objects import archive_object
from tests.factories import Caller, FieldDefinition, make_member, make_object, make_workspace
from tests.services.acting import cost, invalid_at, outcome

VIEW, ALL = Rights(True), Rights(True, True, True)


@pytest.fixture
def clerks(workspace: Caller) -> Role:
    make_object(workspace, "Things", FieldDefinition("Note", "text"))
    make_object(workspace, "Shops")
    return create_role(workspace.author, "Clerks")


def sheet(caller: Caller, role: Role, name: str = "things") -> ObjectSheet:
    group = get_permission_group(caller.author, str(role.uuid))
    (found,) = (each for each in group.sheets if each.object.name == name)
    return found


def grants(caller: Caller, role: Role) -> dict[str, str]:
    group = get_permission_group(caller.author, str(role.uuid))
    return {each.object.name: each.grant.view for each in group.sheets}


def note(caller: Caller) -> int:
    return caller.schema("things").by_name["note"].id


def test_a_section_is_replaced_as_a_whole_and_others_stay(workspace: Caller, clerks: Role) -> None:
    update_permission_group(
        workspace.author, clerks.pk, custom_objects=[WantedObject("things", VIEW, ALL)]
    )
    update_permission_group(
        workspace.author, clerks.pk, contacts=WantedObject(CONTACTS, VIEW, VIEW)
    )
    assert grants(workspace, clerks) == {CONTACTS: "all", "things": "all", "shops": "none"}

    update_permission_group(
        workspace.author, clerks.pk, custom_objects=[WantedObject("shops", Rights(), VIEW)]
    )

    assert grants(workspace, clerks) == {CONTACTS: "all", "things": "none", "shops": "own"}
    update_permission_group(workspace.author, clerks.pk, name="Desk")
    assert grants(workspace, clerks)["shops"] == "own"
    assert Role.objects.get(workspace=workspace.workspace, id=clerks.pk).name == "Desk"


def test_contacts_are_no_custom_object(workspace: Caller, clerks: Role) -> None:
    wanted = [WantedObject(CONTACTS, at=("custom_objects", 0))]

    assert invalid_at(
        update_permission_group, workspace.author, clerks.pk, custom_objects=wanted
    ) == (("custom_objects", 0), "does_not_exist")


def test_grants_on_archived_objects_stay(workspace: Caller, clerks: Role) -> None:
    things = workspace.schema("things").id
    change_grants(workspace.author, clerks, GrantChanges({things: Grant(view="all")}))
    archive_object(workspace.author, things)

    update_permission_group(workspace.author, clerks.pk, custom_objects=[])

    row = ObjectPermission.objects.get(workspace=workspace.workspace, role=clerks)
    assert row.view == "all"
    copied = duplicate_permission_group(workspace.author, clerks.pk, "Copy")
    assert ObjectPermission.objects.get(workspace=workspace.workspace, role=copied).view == "all"


def test_an_admins_role_may_do_everything_until_it_is_none(workspace: Caller, clerks: Role) -> None:
    change_grants(
        workspace.author,
        clerks,
        GrantChanges({workspace.schema("things").id: Grant(view="own")}, {note(workspace): OPEN}),
    )
    nothing: dict[str, Any] = {"custom_objects": [], "contacts": WantedObject(CONTACTS)}
    update_permission_group(workspace.author, clerks.pk, is_admin=True, **nothing)
    assert set(grants(workspace, clerks).values()) == {"all"}

    assert invalid_at(update_permission_group, workspace.author, clerks.pk, **nothing) == (
        (),
        "invalid",
    )
    assert invalid_at(set_permission_level, workspace.author, clerks.pk, "things", 2) == (
        ("permission_level",),
        "invalid",
    )
    set_permission_level(workspace.author, clerks.pk, "things", 3)
    update_permission_group(workspace.author, clerks.pk, is_admin=False)
    assert sheet(workspace, clerks).grant == Grant(view="own")


def test_a_level_changes_one_control_and_what_depends_on_it(
    workspace: Caller, clerks: Role
) -> None:
    def put(level: int, **more: Any) -> ObjectSheet:
        set_permission_level(workspace.author, clerks.pk, "things", level, **more)
        return sheet(workspace, clerks)

    assert put(2).grant == Grant(False, "all", "all", "none")
    assert put(1, control="associated_records").grant == Grant(False, "all", "none", "none")
    assert put(3, control="create_record").grant == Grant(True, "all", "none", "none")
    assert put(0, control="bulk_data_upload").grant == Grant(True, "all", "none", "none")
    field = {"field_key": "note", "control": "fields"}
    assert put(0, **field).switches[note(workspace)] == Switch(False, False)
    assert put(3, **field).switches[note(workspace)] == OPEN
    assert put(1, field_key="note").switches[note(workspace)] == Switch(True, False)
    # Set while the object allowed no more, it holds when the object is raised.
    assert put(2).switches[note(workspace)] == Switch(True, False)
    assert put(2, field_key="note").switches[note(workspace)] == OPEN
    assert put(0).switches[workspace.schema("things").by_name["name"].id] == OPEN
    assert put(0, control="associated_records").grant == Grant(create=True)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"control": "everything"}, ("key",)),
        ({"control": "all_records", "field_key": "note"}, ("key",)),
        ({"object_key": "nothing"}, ("custom_object", "id")),
        ({"field_key": "nothing"}, ("field", "id")),
        ({"level": 4}, ("permission_level",)),
    ],
)
def test_what_cannot_be_set_is_refused_by_its_place(
    workspace: Caller, clerks: Role, changed: dict[str, Any], place: tuple[str, ...]
) -> None:
    asked = {"object_key": "things", "level": 1, **changed}

    assert invalid_at(set_permission_level, workspace.author, clerks.pk, **asked)[0] == place


def test_a_group_is_made_with_what_is_said_and_copied(workspace: Caller, clerks: Role) -> None:
    hidden = [WantedField("note", Switch())]
    made = create_permission_group(
        workspace.author, "Desk", custom_objects=[WantedObject("things", VIEW, ALL, True, hidden)]
    )
    copied = duplicate_permission_group(workspace.author, made.pk, "Desk two")

    for role in (made, copied):
        found = sheet(workspace, role)
        assert found.grant == Grant(True, "all", "own", "own")
        assert found.switches[note(workspace)] == Switch()
    assert invalid_at(duplicate_permission_group, workspace.author, made.pk, "Desk") == (
        ("name",),
        "unique",
    )
    assert invalid_at(create_permission_group, workspace.author, "") == (("name",), "required")
    chiefs = create_permission_group(workspace.author, "Chiefs", is_admin=True)
    assert duplicate_permission_group(workspace.author, chiefs.pk, "Chiefs two").is_admin


def test_groups_are_for_admins_of_their_workspace(workspace: Caller, clerks: Role) -> None:
    clerk = make_member(workspace, "clerk@example.com")
    other = make_workspace("Another workspace", "other@example.com")

    assert outcome(get_permission_group, clerk.author, str(clerks.uuid)) is NotAllowed
    assert outcome(update_permission_group, clerk.author, clerks.pk, name="Ours") is NotAllowed
    assert outcome(get_permission_group, other.author, str(clerks.uuid)) is NotFound
    assert outcome(update_permission_group, other.author, clerks.pk, name="Ours") is NotFound
    assert outcome(duplicate_permission_group, other.author, clerks.pk, "Ours") is NotFound
    assert outcome(set_permission_level, other.author, clerks.pk, "things", 1) is NotFound


def test_the_number_of_statements_does_not_grow(workspace: Caller, clerks: Role) -> None:
    author = workspace.author
    reading = cost(get_permission_group, author, str(clerks.uuid))
    for label in ("Apples", "Pears", "Plums"):
        make_object(workspace, label, FieldDefinition("Note", "text"))

    assert cost(get_permission_group, author, str(clerks.uuid)) == reading == 5
