"""Roles: their names, and what they are granted and denied."""

from __future__ import annotations

import pytest

from records.models import Field, FieldPermission, ObjectPermission, ObjectType, Role
from records.services.catalogue.directory import Grant
from records.services.people.roles import (
    create_role,
    remove_field_permission,
    remove_object_permission,
    set_field_permission,
    set_object_permission,
    update_role,
)
from tests.factories import Caller, FieldDefinition, make_object, make_workspace
from tests.services.acting import invalid_at


@pytest.fixture
def things(workspace: Caller) -> ObjectType:
    return make_object(workspace, "Things", FieldDefinition("Note", "text"))


@pytest.fixture
def clerks(workspace: Caller) -> Role:
    return create_role(workspace.author, "Clerks")


@pytest.mark.parametrize(
    ("name", "code"),
    [("Clerks", "unique"), (" Clerks ", "unique"), ("", "required"), ("x" * 101, "limit_exceeded")],
)
def test_a_role_needs_a_name_of_its_own(
    workspace: Caller, clerks: Role, name: str, code: str
) -> None:
    guards = create_role(workspace.author, "Guards")

    assert invalid_at(create_role, workspace.author, name) == (("name",), code)
    assert invalid_at(update_role, workspace.author, guards, name=name, is_admin=False) == (
        ("name",),
        code,
    )
    assert update_role(workspace.author, clerks, name=" Clerks ", is_admin=True).is_admin


def test_the_role_of_the_only_admins_stays_one(workspace: Caller) -> None:
    role = workspace.member.role

    assert invalid_at(update_role, workspace.author, role, name="Staff", is_admin=False) == (
        (),
        "last_admin",
    )
    assert Role.objects.get(workspace=workspace.workspace, id=role.pk).is_admin


def test_a_grant_takes_the_place_of_the_one_before(
    workspace: Caller, things: ObjectType, clerks: Role
) -> None:
    set_object_permission(workspace.author, clerks, things, Grant(create=True, view="all"))
    set_object_permission(workspace.author, clerks, things, Grant(view="own", edit="own"))

    row = ObjectPermission.objects.get(workspace=workspace.workspace, role=clerks)
    assert (row.create, row.view, row.edit, row.remove) == (False, "own", "own", "none")

    remove_object_permission(workspace.author, clerks, things)
    assert not ObjectPermission.objects.filter(workspace=workspace.workspace).exists()


@pytest.mark.parametrize("part", ["view", "edit", "remove"])
def test_a_grant_reaches_as_far_as_there_are_words_for(
    workspace: Caller, things: ObjectType, clerks: Role, part: str
) -> None:
    grant = Grant(**{part: "most"})  # type: ignore[arg-type]

    assert invalid_at(set_object_permission, workspace.author, clerks, things, grant) == (
        (part,),
        "invalid",
    )


def test_a_field_is_switched_for_a_role_and_follows_its_grant_again(
    workspace: Caller, things: ObjectType, clerks: Role
) -> None:
    note = Field.objects.get(workspace=workspace.workspace, object=things, name="note")
    set_field_permission(workspace.author, clerks, note, view=False, edit=False)
    set_field_permission(workspace.author, clerks, note, view=True, edit=False)

    row = FieldPermission.objects.get(workspace=workspace.workspace, role=clerks)
    assert (row.view, row.edit) == (True, False)

    remove_field_permission(workspace.author, clerks, note)
    assert not FieldPermission.objects.filter(workspace=workspace.workspace).exists()


def test_what_is_another_workspaces_is_not_there(
    workspace: Caller, things: ObjectType, clerks: Role
) -> None:
    other = make_workspace("Another workspace", "other@example.com")
    theirs = create_role(other.author, "Clerks")
    note = Field.objects.get(workspace=workspace.workspace, object=things, name="note")

    refused = [
        invalid_at(set_object_permission, workspace.author, theirs, things, Grant()),
        invalid_at(set_object_permission, other.author, theirs, things, Grant()),
        invalid_at(set_field_permission, other.author, theirs, note, view=True, edit=True),
    ]
    assert refused == [(("object",), "does_not_exist")] * 2 + [(("field",), "does_not_exist")]


def test_rows_of_another_workspace_look_like_missing_ones(workspace: Caller) -> None:
    other = make_workspace("Other", "other@example.com")
    foreign_object = make_object(other, "Things")
    foreign_field = Field.objects.filter(workspace=other.workspace, object=foreign_object)[0]
    own_role, foreign_role = (
        Role.objects.filter(workspace=caller.workspace)[0] for caller in (workspace, other)
    )

    for role in (own_role, foreign_role):
        grant = Grant(view="all")
        assert invalid_at(set_object_permission, workspace.author, role, foreign_object, grant) == (
            ("object",),
            "does_not_exist",
        )
        assert invalid_at(
            set_field_permission, workspace.author, role, foreign_field, view=False, edit=False
        ) == (("field",), "does_not_exist")
