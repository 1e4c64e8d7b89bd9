"""Roles: their names, which is the default, whose grants they take over, and how they go."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from records.exceptions import NotFound
from records.models import Role
from records.services.catalogue.directory import Grant
from records.services.people.member_roles import default_member_role
from records.services.people.members import add_member
from records.services.people.permission_groups import get_permission_group
from records.services.people.permission_levels import Switch
from records.services.people.role_grants import GrantChanges, change_grants, read_grants
from records.services.people.roles import (
    create_role,
    delete_role,
    get_role,
    list_roles,
    update_role,
)
from tests.factories import Caller, FieldDefinition, make_member, make_object, make_workspace
from tests.services.acting import cost, invalid_at, outcome


@pytest.fixture
def clerks(workspace: Caller) -> Role:
    return create_role(workspace.author, "Clerks")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *((name, "unique") for name in ("Clerks", " Clerks ", "CLERKS", "clerks")),
        ("", "required"),
        ("x" * 101, "limit_exceeded"),
    ],
)
def test_a_role_needs_a_name_of_its_own(
    workspace: Caller, clerks: Role, name: str, code: str
) -> None:
    guards = create_role(workspace.author, "Guards")

    assert invalid_at(create_role, workspace.author, name) == (("name",), code)
    assert invalid_at(update_role, workspace.author, guards.pk, name=name) == (("name",), code)
    assert update_role(workspace.author, clerks.pk, name=" Clerks ", is_admin=True).is_admin
    assert update_role(workspace.author, clerks.pk, name="CLERKS").name == "CLERKS"  # its own


def test_roles_whose_names_differ_in_case_alone_can_still_be_changed(
    workspace: Caller, clerks: Role
) -> None:
    Role.objects.create(workspace=workspace.workspace, name="CLERKS")
    assert update_role(workspace.author, clerks.pk, is_default=True).is_default


def test_the_role_of_the_only_admins_stays_one(workspace: Caller) -> None:
    role = workspace.member.role

    assert invalid_at(update_role, workspace.author, role.pk, is_admin=False) == ((), "last_admin")
    assert Role.objects.get(workspace=workspace.workspace, id=role.pk).is_admin


def test_roles_are_listed_by_name_and_found_by_a_part_of_it(workspace: Caller) -> None:
    for name in ("zebra", "Ärzte", "Clerks  of the port"):
        create_role(workspace.author, name)

    assert [role.name for role in list_roles(workspace.author, "CLERKS OF")] == [
        "Clerks  of the port"
    ]
    assert [role.name for role in list_roles(workspace.author)] == [
        "Administrator",
        "Clerks  of the port",
        "Member",
        "zebra",
        "Ärzte",
    ]
    assert [role.member_count for role in list_roles(workspace.author, "Administrator")] == [1]
    assert cost(list_roles, workspace.author) == 1


def test_a_role_of_another_workspace_is_not_there(workspace: Caller) -> None:
    other = make_workspace("Another workspace", "other@example.com")
    theirs = create_role(other.author, "Clerks")

    assert outcome(get_role, workspace.author, str(theirs.uuid)) is NotFound
    assert outcome(get_role, workspace.author, "no id") is NotFound
    assert outcome(update_role, workspace.author, theirs.pk, name="Ours") is NotFound
    assert outcome(delete_role, workspace.author, theirs.pk) is NotFound
    assert get_role(other.author, str(theirs.uuid).upper()).name == "Clerks"


def test_a_workspace_has_one_default_role(workspace: Caller, clerks: Role) -> None:
    first = default_member_role(workspace.workspace.pk)
    assert first is not None
    assert first.name == "Member"

    update_role(workspace.author, clerks.pk, is_default=True)

    defaults = [role.name for role in list_roles(workspace.author) if role.is_default]
    assert defaults == ["Clerks"]
    assert clerks.history.filter(workspace=workspace.workspace).first().is_default
    update_role(workspace.author, clerks.pk, is_default=False)
    assert default_member_role(workspace.workspace.pk) is None


def test_the_database_keeps_a_second_default_role_out(workspace: Caller) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Role.objects.create(workspace=workspace.workspace, name="Second", is_default=True)


def test_what_stays_as_it_is_leaves_no_history(workspace: Caller, clerks: Role) -> None:
    before = workspace.author.workspace.definitions_version

    update_role(workspace.author, clerks.pk, name="Clerks", is_admin=False, is_default=False)
    update_role(workspace.author, clerks.pk, groups=[str(clerks.uuid)])

    assert workspace.author.workspace.definitions_version == before
    assert clerks.history.filter(workspace=workspace.workspace).count() == 1


def test_a_role_goes_unless_it_has_members(workspace: Caller, clerks: Role) -> None:
    member, _ = add_member(workspace.author, clerks, email="clerk@example.com")

    assert invalid_at(delete_role, workspace.author, clerks.pk) == ((), "invalid")
    member.role = workspace.member.role
    member.save()
    delete_role(workspace.author, clerks.pk)

    assert not Role.objects.filter(workspace=workspace.workspace, id=clerks.pk).exists()
    assert Role.history.filter(
        workspace=workspace.workspace, id=clerks.pk
    ).first().history_type == ("-")
    assert outcome(delete_role, workspace.author, clerks.pk) is NotFound
    assert invalid_at(add_member, workspace.author, clerks, email="new@example.com") == (
        ("role",),
        "does_not_exist",
    )


def test_the_last_role_of_admins_stays(workspace: Caller) -> None:
    second = create_role(workspace.author, "Second", is_admin=True)
    delete_role(workspace.author, second.pk)

    refused = invalid_at(delete_role, workspace.author, workspace.member.role_id)

    assert refused == ((), "invalid")


def test_a_role_takes_over_the_widest_grants(workspace: Caller, clerks: Role) -> None:
    things = make_object(workspace, "Things", FieldDefinition("Note", "text"))
    others = make_object(workspace, "Others")
    note, name = (workspace.schema("things").by_name[key].id for key in ("note", "name"))
    guards = create_role(workspace.author, "Guards")
    change_grants(
        workspace.author,
        clerks,
        GrantChanges(
            {things.pk: Grant(False, "all", "own"), others.pk: Grant(create=True)},
            {note: Switch(False, False), name: Switch(True, False)},
        ),
    )
    change_grants(
        workspace.author,
        guards,
        # The switch of a field that its own grant does not let it see adds nothing.
        GrantChanges({things.pk: Grant(True, "none", "none", "all")}, {note: Switch(True, True)}),
    )

    made = create_role(
        workspace.author, "Both", groups=[str(clerks.uuid), str(guards.uuid).upper()]
    )

    stored = read_grants(workspace.workspace.pk, [made.pk])[made.pk]
    assert stored.objects == {
        things.pk: Grant(True, "all", "own", "all"),
        others.pk: Grant(create=True),
    }
    assert stored.switches == {note: Switch(False, False), name: Switch(True, False)}
    assert not made.is_admin


def test_groups_of_admins_make_admins_unless_the_call_decides_it(workspace: Caller) -> None:
    make_object(workspace, "Things")
    admins = str(workspace.member.role.uuid)

    assert create_role(workspace.author, "Chiefs", groups=[admins]).is_admin
    all_but = create_role(workspace.author, "Wide", groups=[admins], is_admin=False)
    assert not all_but.is_admin
    group = get_permission_group(workspace.author, str(all_but.uuid))
    assert {sheet.grant.remove for sheet in group.sheets} == {"all"}
    assert update_role(workspace.author, all_but.pk, groups=[]).is_admin is False
    assert not read_grants(workspace.workspace.pk, [all_but.pk])[all_but.pk].objects


def test_an_unknown_group_is_refused_by_its_place(workspace: Caller, clerks: Role) -> None:
    other = make_workspace("Another workspace", "other@example.com")

    for unknown in ("no id", str(other.member.role.uuid)):
        groups = [str(clerks.uuid), unknown]
        assert invalid_at(create_role, workspace.author, "New", groups=groups) == (
            ("permission_groups", 1),
            "does_not_exist",
        )
    assert len(list_roles(workspace.author)) == 3


def test_members_may_be_counted(workspace: Caller) -> None:
    role = make_member(workspace, "clerk@example.com").member.role

    assert get_role(workspace.author, str(role.uuid)).member_count == 1
