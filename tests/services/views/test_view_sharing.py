"""Who may do what with a view."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidInput, NotAllowed, NotFound
from records.models import SavedView
from records.services.views.view_sharing import (
    EVERYBODY,
    Level,
    Sharing,
    changed,
    check_level,
    find_members,
    find_roles,
    level_of,
    role_names,
    set_sharing,
    sharing_of,
)
from tests.factories import Caller, make_key, make_member, make_workspace

UNKNOWN = "01900000-0000-7000-8000-000000000000"


def view_of(shop: Caller, sharing: Sharing, owner: Caller | None = None) -> SavedView:
    view = SavedView(
        workspace=shop.workspace,
        object_id=shop.schema("companies").id,
        owner=None if owner is None else owner.member,
    )
    set_sharing(view, sharing)
    return view


def test_sharing_is_kept_as_it_is(shop: Caller) -> None:
    for sharing in (
        EVERYBODY,
        Sharing(True, Level.NONE),
        Sharing(False, Level.EDIT, {1: Level.VIEW}, {2: Level.ADMIN, 1: Level.EDIT}),
    ):
        view = view_of(shop, sharing)
        view.name, view.columns = "View", {}
        view.save()
        assert sharing_of(SavedView.objects.get(workspace=shop.workspace, pk=view.pk)) == sharing
        view.delete()


def test_the_highest_level_counts(shop: Caller, ada: Caller, bob: Caller) -> None:
    role, me = ada.author.role.id, ada.member.pk
    cases: list[tuple[Sharing, Level]] = [
        (EVERYBODY, Level.VIEW),
        (Sharing(team=Level.NONE), Level.NONE),
        (Sharing(team=Level.NONE, roles={role: Level.EDIT}), Level.EDIT),
        (Sharing(team=Level.ADMIN, members={me: Level.VIEW}), Level.ADMIN),
        (Sharing(roles={role: Level.EDIT}, members={me: Level.ADMIN}), Level.ADMIN),
        (Sharing(roles={bob.author.role.id: Level.EDIT}), Level.VIEW),
        (Sharing(True, Level.ADMIN, {role: Level.ADMIN}, {me: Level.ADMIN}), Level.NONE),
    ]
    for sharing, level in cases:
        view = view_of(shop, sharing)
        assert level_of(ada.author, view) == level, sharing
        assert level_of(shop.author, view) == Level.ADMIN
        assert level_of(ada.author, view_of(shop, sharing, ada)) == Level.ADMIN


def test_who_sees_no_record_sees_no_view(shop: Caller) -> None:
    adds = make_member(shop, "adds@example.com", {"companies": {"create": True}})
    assert level_of(adds.author, view_of(shop, EVERYBODY, adds)) == Level.NONE


def test_a_level_is_checked(shop: Caller, ada: Caller) -> None:
    check_level(ada.author, view_of(shop, EVERYBODY), Level.VIEW)
    with pytest.raises(NotAllowed, match="change"):
        check_level(ada.author, view_of(shop, EVERYBODY), Level.EDIT)
    with pytest.raises(NotAllowed, match="share or delete"):
        check_level(ada.author, view_of(shop, Sharing(team=Level.EDIT)), Level.ADMIN)
    with pytest.raises(NotFound):
        check_level(ada.author, view_of(shop, Sharing(team=Level.NONE)), Level.ADMIN)


def test_a_read_only_key_changes_nothing(shop: Caller) -> None:
    from dataclasses import replace

    make_key(shop.workspace, shop.member)
    with pytest.raises(NotAllowed):
        changed(replace(shop.author, scopes=("records:read",)), lambda: pytest.fail("it ran"))


def test_roles_and_members_are_found_in_their_workspace(shop: Caller, ada: Caller) -> None:
    role, member = ada.member.role, ada.member
    assert find_roles(ada.author, [str(role.uuid)] * 2) == [role.pk, role.pk]
    assert find_members(ada.author, [str(member.uuid).upper()]) == [member.pk]
    assert find_roles(ada.author, []) == []
    assert role_names(ada.author, [role.pk, 999]) == {role.pk: (str(role.uuid), role.name)}
    assert role_names(ada.author, []) == {}
    other = make_workspace("Another workspace", "other@example.com").member
    for find, foreign in ((find_roles, other.role.uuid), (find_members, other.uuid)):
        for sent in (str(foreign), UNKNOWN, "x", 7, None):
            with pytest.raises(InvalidInput) as refusal:
                find(ada.author, [sent], "ids")
            assert refusal.value.path == ("ids", 0)
