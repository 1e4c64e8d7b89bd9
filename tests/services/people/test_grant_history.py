"""What a role was granted, and what was withdrawn: when, by whom, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from records.exceptions import NotAllowed
from records.models import Field, ObjectType, Role
from records.services.catalogue import Grant
from records.services.people import (
    GrantChanges,
    Switch,
    change_grants,
    create_role,
    delete_role,
    grant_history,
)
from tests.factories import Caller, FieldDefinition, make_member, make_object, make_workspace


@pytest.fixture
def role(workspace: Caller) -> Role:
    make_object(workspace, "Boxes", FieldDefinition("Weight", "integer"))
    return create_role(workspace.author, "Packers")


def test_grants_and_switches_are_told_with_who_and_why(workspace: Caller, role: Role) -> None:
    boxes = ObjectType.objects.get(name="boxes").pk
    weight = Field.objects.get(object=boxes, name="weight").pk
    author = workspace.author
    for changes in (
        GrantChanges(objects={boxes: Grant(True, "all", "own", "none")}),
        GrantChanges(switches={weight: Switch(True, False)}),
        GrantChanges(objects={boxes: Grant(False, "own", "none", "none")}),
        GrantChanges(objects={boxes: None}, switches={weight: Switch(False, False)}),
    ):
        change_grants(replace(author, reason="Audit"), role, changes)

    found = grant_history(author, role.pk)

    assert {(each.who, each.reason) for each in found} == {(str(workspace.member), "Audit")}
    assert sorted(each.moment for each in found) == [each.moment for each in reversed(found)]
    told = [(each.what, each.before, each.after) for each in found]
    wide, narrow = "create, view all, edit own, remove none", "view own, edit none, remove none"
    assert sorted(told[:2]) == [
        ("Boxes", narrow, ""),
        ("Boxes: Weight", "visible, not changeable", "not visible"),
    ]
    assert told[2:] == [
        ("Boxes", wide, narrow),
        ("Boxes: Weight", "", "visible, not changeable"),
        ("Boxes", "", wide),
    ]


def test_it_is_for_admins_and_of_the_workspace(workspace: Caller, role: Role) -> None:
    elsewhere = make_workspace("Another workspace", "other@example.com")
    boxes = ObjectType.objects.get(name="boxes").pk
    granted = GrantChanges(objects={boxes: Grant(True)})
    change_grants(workspace.author, role, granted)

    assert grant_history(elsewhere.author, role.pk) == []
    with pytest.raises(NotAllowed):
        grant_history(make_member(workspace, "ada@example.com").author, role.pk)
    delete_role(workspace.author, role.pk)
    assert [each.what for each in grant_history(workspace.author, role.pk)][-1:] == ["Boxes"]


def test_its_queries_do_not_grow(
    workspace: Caller, role: Role, django_assert_max_num_queries: object
) -> None:
    boxes = ObjectType.objects.get(name="boxes").pk
    for at in range(6):
        grant = Grant(True, "all" if at % 2 else "own")
        change_grants(workspace.author, role, GrantChanges(objects={boxes: grant}))
    author = workspace.author
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert len(grant_history(author, role.pk)) == 6
