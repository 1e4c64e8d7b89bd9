"""People of a workspace: added, changed, let in; never without an admin, and never at another
workspace's expense."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from records.models import Role
from records.services.access.definition_access import operator_of
from records.services.people.members import add_member, update_member
from tests.factories import (
    Caller,
    make_member,
    make_object,
    make_record,
    make_workspace,
    set_pattern,
)
from tests.services.acting import differences, invalid_at, view


@pytest.fixture
def other(workspace: Caller) -> Caller:
    return make_workspace("Another workspace", "other@example.com")


def role_of(caller: Caller) -> Role:
    return Role.objects.get(workspace=caller.workspace, is_admin=False)


def changed(caller: Caller, who: Caller, **changes: Any) -> Any:
    member = who.member
    now = {"first_name": "", "last_name": "", "role": member.role, "is_active": True}
    return update_member(caller.author, member, **{**now, **changes})


def test_a_new_user_gets_a_password_and_a_known_one_keeps_theirs(
    workspace: Caller, other: Caller
) -> None:
    member, password = add_member(
        workspace.author,
        role_of(workspace),
        email=" ann@example.com ",
        first_name="Ann",
        with_password=True,
    )
    joined, none = add_member(
        workspace.author, role_of(workspace), email="OTHER@example.com", with_password=True
    )

    assert (member.email, member.first_name, member.user.is_staff) == (
        "ann@example.com",
        "Ann",
        False,
    )
    assert get_user_model().objects.get(id=member.user_id).check_password(password)
    assert (joined.user_id, none) == (other.member.user_id, "")


@pytest.mark.parametrize(
    ("email", "code"),
    [("ADMIN@example.com", "unique"), ("nobody", "invalid"), ("", "required"), ("a@b", "invalid")],
)
def test_an_address_is_one_and_free(workspace: Caller, email: str, code: str) -> None:
    found = invalid_at(add_member, workspace.author, role_of(workspace), email=email)
    assert found == (("email",), code)


def test_roles_of_other_workspaces_are_none(workspace: Caller, other: Caller) -> None:
    foreign = role_of(other)

    assert invalid_at(add_member, workspace.author, foreign, email="ann@example.com") == (
        ("role",),
        "does_not_exist",
    )
    assert invalid_at(changed, workspace, workspace, role=foreign) == (("role",), "does_not_exist")


@pytest.mark.parametrize("change", ["role", "is_active"])
def test_a_workspace_keeps_an_active_admin(workspace: Caller, change: str) -> None:
    value = role_of(workspace) if change == "role" else False

    assert invalid_at(changed, workspace, workspace, **{change: value}) == ((), "last_admin")
    add_member(workspace.author, workspace.member.role, email="second@example.com")
    changed(workspace, workspace, **{change: value})


def test_records_that_show_a_member_are_renamed(workspace: Caller) -> None:
    make_object(workspace, "Things")
    set_pattern(workspace, "things", "{name} of {owner}")
    uuid = make_record(workspace, "things", name="A").record.uuid

    changed(workspace, workspace, first_name=" Ann ", last_name="Ahn")

    assert view(workspace, "things", uuid).display_name == "A of Ann Ahn"
    assert differences(workspace) == []


def test_only_operators_decide_who_of_several_workspaces_may_log_in(
    workspace: Caller, other: Caller
) -> None:
    alone = make_member(workspace, "alone@example.com")
    shared = make_member(workspace, "other@example.com")
    operator = operator_of(workspace.workspace.pk, workspace.member.user_id)

    assert changed(workspace, alone, may_log_in=True).user.is_staff
    assert invalid_at(changed, workspace, shared, may_log_in=False) == (("may_log_in",), "invalid")
    now = {"first_name": "", "last_name": "", "role": shared.member.role, "is_active": True}
    assert not update_member(operator, shared.member, **now, may_log_in=False).user.is_staff  # type: ignore[arg-type]
