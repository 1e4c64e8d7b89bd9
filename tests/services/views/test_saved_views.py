"""Finding views and changing them."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput, NotAllowed, NotFound
from records.models import SavedView, ViewKind
from records.services.views import saved_views
from records.services.views.saved_views import (
    create_view,
    get_view,
    list_views,
    remove_part,
    update_view,
    views_naming,
)
from records.services.views.view_parts import Part
from records.services.views.view_sharing import EVERYBODY, Level, Sharing
from tests.factories import Caller, make_member

EDITED = Sharing(team=Level.EDIT)
HUSHED = {"query": [{"filters": [{"field": "employees", "condition": ">", "value": 1}]}]}


def save(caller: Caller, name: str = "View", **more: Any) -> SavedView:
    given = {"parts": {Part.FILTER: {}}, **more}
    return create_view(caller.author, caller.schema("companies"), name=name, **given)


def test_a_view_has_the_parts_it_is_given(shop: Caller) -> None:
    parts = {Part.FILTER: {}, Part.QUICK_FILTER: HUSHED, Part.COLUMNS: {"a": 1}}
    view = save(shop, parts=parts, kind=ViewKind.BOARD, filter_hidden=True)
    schema = shop.schema("companies")
    read = get_view(shop.author, schema, str(view.uuid))
    assert (read.filter, read.quick_filter, read.columns) == ({}, HUSHED, {"a": 1})
    assert (read.kind, read.filter_hidden, read.quick_count) == ("board", True, 1)
    for part in Part:
        assert list_views(shop.author, schema, part) == [view]
        remove_part(shop.author, schema, str(view.uuid), part)
        assert list_views(shop.author, schema, part) == []
    assert not SavedView.objects.filter(workspace=shop.workspace).exists()
    assert SavedView.history.filter(workspace=shop.workspace).count() == 4


@pytest.mark.parametrize("missing", [{"name": ""}, {"parts": {}}])
def test_a_view_has_a_name_and_a_part(shop: Caller, missing: dict[str, Any]) -> None:
    given: Any = {"name": "View", "parts": {Part.FILTER: {}}, **missing}
    with pytest.raises(InvalidInput) as refusal:
        create_view(shop.author, shop.schema("companies"), **given)
    assert refusal.value.path == (*missing,)


def test_names_are_compared_part_by_part(shop: Caller) -> None:
    schema = shop.schema("companies")
    both = save(shop, parts={Part.FILTER: {}, Part.COLUMNS: {}})
    quick = save(shop, parts={Part.QUICK_FILTER: {}})
    for part in (Part.FILTER, Part.COLUMNS):
        with pytest.raises(InvalidInput, match="taken"):
            save(shop, parts={part: {}})
        with pytest.raises(InvalidInput, match="taken"):
            update_view(shop.author, schema, str(quick.uuid), parts={part: {}})
    remove_part(shop.author, schema, str(both.uuid), Part.COLUMNS)
    update_view(shop.author, schema, str(quick.uuid), parts={Part.COLUMNS: {}})


def test_names_that_differ_in_case_alone_stay_where_they_were_taken_once(shop: Caller) -> None:
    """Rows of releases that compared names exactly."""
    schema = shop.schema("companies")
    first = save(shop, "View")
    other = save(shop, "Other", parts={Part.FILTER: {}})
    SavedView.objects.filter(workspace=shop.workspace, pk=other.pk).update(name="vIEW")
    key = str(other.uuid)

    update_view(shop.author, schema, key, name="vIEW", parts={Part.FILTER: HUSHED})
    for change in (
        {"name": "VIEW"},
        {"name": " view "},
        {"name": "View", "parts": {Part.COLUMNS: {}}},
    ):
        with pytest.raises(InvalidInput, match="taken"):
            update_view(shop.author, schema, key, **change)
    update_view(shop.author, schema, key, parts={Part.COLUMNS: {}})
    with pytest.raises(InvalidInput, match="taken"):  # a part that it did not have
        update_view(shop.author, schema, str(first.uuid), parts={Part.COLUMNS: {}})


def test_an_object_has_so_many_views(shop: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MAX_VIEWS", 1)
    save(shop)
    with pytest.raises(InvalidInput, match="at most 1"):
        save(shop, "Other")


def test_creating_needs_to_see_records(shop: Caller) -> None:
    adds = make_member(shop, "adds@example.com", {"companies": {"create": True}})
    with pytest.raises(NotAllowed):
        save(adds)


def test_views_are_listed_as_they_may_be_seen(shop: Caller, ada: Caller, bob: Caller) -> None:
    save(shop, "Beta", sharing=Sharing(team=Level.NONE, members={ada.member.pk: Level.VIEW}))
    save(ada, "alpha", sharing=Sharing(is_private=True))
    save(bob, "Gamma")

    def names(caller: Caller, **more: Any) -> list[str]:
        found = list_views(caller.author, caller.schema("companies"), **more)
        return [view.name for view in found]

    assert names(shop) == ["alpha", "Beta", "Gamma"]
    assert names(ada) == ["alpha", "Beta", "Gamma"]
    assert names(bob) == ["Gamma"]
    assert names(shop, ordering="-created") == ["Gamma", "alpha", "Beta"]
    assert names(shop, search=" BET ") == ["Beta"]
    with pytest.raises(InvalidInput):
        names(shop, ordering="-owner")


def test_what_is_out_of_sight_is_not_there(shop: Caller, bob: Caller) -> None:
    schema = shop.schema("companies")
    hidden = save(shop, sharing=Sharing(team=Level.NONE))
    for ask in (
        lambda: get_view(bob.author, schema, str(hidden.uuid)),
        lambda: get_view(shop.author, schema, str(hidden.uuid), Part.COLUMNS),
        lambda: get_view(shop.author, schema, "x"),
        lambda: get_view(shop.author, shop.schema("people"), str(hidden.uuid)),
        lambda: update_view(bob.author, schema, str(hidden.uuid), name="Bob's"),
        lambda: remove_part(bob.author, schema, str(hidden.uuid), Part.FILTER),
    ):
        with pytest.raises(NotFound):
            ask()


def test_an_editor_changes_all_but_owner_and_sharing(shop: Caller, ada: Caller) -> None:
    schema = shop.schema("companies")
    view = save(shop, sharing=EDITED)
    key = str(view.uuid)
    same = {"owner_id": shop.member.pk, "sharing": EDITED}
    changed = update_view(ada.author, schema, key, name="Hers", parts={Part.FILTER: HUSHED}, **same)
    assert (changed.name, changed.filter) == ("Hers", HUSHED)
    for given in ({"owner_id": ada.member.pk}, {"sharing": EVERYBODY}):
        with pytest.raises(NotAllowed):
            update_view(ada.author, schema, key, **given)
    with pytest.raises(NotAllowed):
        remove_part(ada.author, schema, key, Part.FILTER)
    assert [row.history_user for row in SavedView.history.filter(workspace=shop.workspace)] == [
        ada.member.user,
        shop.member.user,
    ]


def test_what_is_not_seen_is_not_replaced(shop: Caller, bob: Caller) -> None:
    schema = shop.schema("companies")
    view = save(shop, parts={Part.FILTER: HUSHED, Part.QUICK_FILTER: {}}, sharing=EDITED)
    with pytest.raises(NotAllowed, match="hidden"):
        update_view(bob.author, schema, str(view.uuid), parts={Part.FILTER: {}})
    update_view(bob.author, schema, str(view.uuid), parts={Part.QUICK_FILTER: {}})


def test_views_that_name_a_field(shop: Caller, bob: Caller) -> None:
    schema = shop.schema("companies")
    employees, name = schema.by_name["employees"], schema.by_name["name"]
    save(shop, "Filter", parts={Part.FILTER: HUSHED})
    save(shop, "Quick", parts={Part.QUICK_FILTER: HUSHED})
    save(shop, "Columns", parts={Part.COLUMNS: {"columns": ["employees", "name"]}})
    save(shop, "Name", parts={Part.COLUMNS: {"columns": ["name"]}})

    def naming(caller: Caller, spec: Any) -> list[str]:
        return [view.name for view in views_naming(caller.author, schema, spec)]

    assert naming(shop, employees) == ["Columns", "Filter", "Quick"]
    assert naming(shop, name) == ["Columns", "Name"]
    assert naming(bob, employees) == []
    assert naming(bob, name) == ["Name"]
