"""Roles as members meet them: the default one, and what each grants to keys."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import NotFound
from records.models import Role
from records.services.people.member_roles import (
    default_member_role,
    get_member_role,
    granted_scopes,
    list_member_roles,
)
from tests.factories import Caller, make_member, make_object, make_workspace


def test_the_default_role_is_the_one_that_a_workspace_is_made_with(workspace: Caller) -> None:
    make_member(workspace, "other@example.com")
    key = workspace.workspace.pk

    assert str(default_member_role(key)) == "Member"
    assert [str(role) for role in list_member_roles(workspace.author)] == [
        *("Administrator", "Member", "other@example.com"),
    ]


def test_a_workspace_may_have_none(workspace: Caller) -> None:
    Role.objects.filter(workspace=workspace.workspace, is_admin=False).delete()
    assert default_member_role(workspace.workspace.pk) is None


@pytest.mark.parametrize(
    ("grant", "scopes"),
    [
        ({}, ["members:read"]),
        ({"view": "own"}, ["datatypes:read", "members:read", "records:read"]),
        ({"create": True}, ["datatypes:read", "members:read", "records:write"]),
        ({"view": "all", "edit": "own"}, ["datatypes:read", "members:read", "records:write"]),
        ({"view": "all", "remove": "own"}, ["datatypes:read", "members:read", "records:admin"]),
    ],
    ids=str,
)
def test_a_role_grants_the_highest_scope_of_each_area(
    workspace: Caller, grant: dict[str, Any], scopes: list[str]
) -> None:
    make_object(workspace, "Things")
    member = make_member(workspace, "other@example.com", {"things": grant}).member

    assert granted_scopes(workspace.author, member.role) == scopes


def test_roles_of_other_workspaces_are_unknown(workspace: Caller) -> None:
    other = make_workspace("Another workspace", "other@example.com")

    with pytest.raises(NotFound):
        get_member_role(workspace.author, other.member.role_id)
    assert get_member_role(workspace.author, workspace.member.role_id) == workspace.member.role
