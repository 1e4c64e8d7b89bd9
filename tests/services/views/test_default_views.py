"""Which view a member is shown first."""

from __future__ import annotations

import pytest

from records.exceptions import NotAllowed
from records.models import SavedView, ViewDefault
from records.services.views.default_views import apply_to_members, apply_to_roles, default_view
from records.services.views.saved_views import create_view, remove_part, update_view
from records.services.views.view_parts import Part
from records.services.views.view_sharing import Level, Sharing
from tests.factories import Caller


def save(caller: Caller, name: str) -> SavedView:
    schema = caller.schema("companies")
    return create_view(caller.author, schema, name=name, parts={Part.COLUMNS: {}})


def defaults(caller: Caller) -> int:
    return ViewDefault.objects.filter(workspace=caller.workspace).count()


def first(caller: Caller) -> str:
    found = default_view(caller.author, caller.schema("companies"))
    return found.name if found else ""


def test_a_members_own_default_comes_before_that_of_their_role(shop: Caller, ada: Caller) -> None:
    schema, role = shop.schema("companies"), ada.author.role.id
    one, two = save(shop, "One"), save(shop, "Two")
    assert first(ada) == ""
    apply_to_roles(shop.author, schema, str(one.uuid), None, [role, role])
    assert (first(ada), first(shop)) == ("One", "")
    apply_to_members(shop.author, schema, str(two.uuid), Part.COLUMNS, [ada.member.pk] * 2)
    assert first(ada) == "Two"
    # One that they may not see any more gives way to the next.
    hidden = Sharing(team=Level.NONE)
    update_view(shop.author, schema, str(two.uuid), sharing=hidden)
    assert first(ada) == "One"
    update_view(shop.author, schema, str(one.uuid), sharing=hidden)
    assert first(ada) == ""


def test_the_last_word_counts(shop: Caller, ada: Caller) -> None:
    schema, role = shop.schema("companies"), ada.author.role.id
    one, two = save(shop, "One"), save(shop, "Two")
    apply_to_members(shop.author, schema, str(one.uuid), None, [ada.member.pk])
    apply_to_roles(shop.author, schema, str(two.uuid), None, [role])
    assert first(ada) == "Two"
    assert defaults(shop) == 1
    assert ViewDefault.history.filter(workspace=shop.workspace).count() == 3


def test_defaults_go_with_what_they_are_of(shop: Caller, ada: Caller, bob: Caller) -> None:
    schema = shop.schema("companies")
    view = save(shop, "One")
    apply_to_roles(shop.author, schema, str(view.uuid), None, [ada.author.role.id])
    apply_to_members(shop.author, schema, str(view.uuid), None, [bob.member.pk])
    assert defaults(shop) == 2
    remove_part(shop.author, schema, str(view.uuid), Part.COLUMNS)
    assert defaults(shop) == 0


def test_only_who_administers_a_view_makes_it_a_default(shop: Caller, ada: Caller) -> None:
    view = save(shop, "One")
    with pytest.raises(NotAllowed):
        apply_to_members(ada.author, ada.schema("companies"), str(view.uuid), None, [ada.member.pk])
    hers = save(ada, "Hers")
    apply_to_members(ada.author, ada.schema("companies"), str(hers.uuid), None, [ada.member.pk])
    assert first(ada) == "Hers"
