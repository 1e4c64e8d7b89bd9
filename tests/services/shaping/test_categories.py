"""The headings of an object: their names, their order, and what becomes of the fields under one
that goes."""

from __future__ import annotations

import pytest

from records.exceptions import NotFound
from records.models import FieldCategory, ObjectType
from records.services.shaping import categories
from records.services.shaping.categories import (
    Category,
    create_category,
    delete_category,
    get_category,
    list_categories,
    update_category,
)
from tests.factories import Caller, make_field, make_object
from tests.services.acting import invalid_at, refusal


@pytest.fixture
def things(workspace: Caller) -> ObjectType:
    return make_object(workspace, "Things")


def listed(things: ObjectType) -> list[str]:
    return [category.name for category in list_categories(things.workspace_id, things.pk)]


def general(things: ObjectType) -> Category:
    return get_category(things.workspace_id, things.pk, "General")


def test_a_new_category_is_the_last_unless_it_says_where(
    workspace: Caller, things: ObjectType
) -> None:
    first = create_category(workspace.author, things.pk, " Notes ")
    create_category(workspace.author, things.pk, "Dates", order=0)

    assert (first.name, first.order) == ("Notes", 1)
    assert listed(things) == ["General", "Dates", "Notes"]


def test_a_category_is_renamed_and_moved(workspace: Caller, things: ObjectType) -> None:
    notes = create_category(workspace.author, things.pk, "Notes")

    moved = update_category(workspace.author, things.pk, general(things).id, order=5)
    renamed = update_category(workspace.author, things.pk, notes.id, name="Remarks")

    assert (moved.name, moved.order) == ("General", 5)
    assert (renamed.name, renamed.order) == ("Remarks", notes.order)
    assert listed(things) == ["Remarks", "General"]
    assert update_category(workspace.author, things.pk, notes.id, name="Remarks") == renamed


def test_names_are_compared_without_case(workspace: Caller, things: ObjectType) -> None:
    notes = create_category(workspace.author, things.pk, "Notes")
    author, taken = workspace.author, (("name",), "unique")

    assert invalid_at(create_category, author, things.pk, " nOTES") == taken
    assert invalid_at(update_category, author, things.pk, general(things).id, name="NOTES") == taken
    assert update_category(author, things.pk, notes.id, name="NOTES").name == "NOTES"

    # Rows of releases that compared names exactly stay as they are.
    rows = FieldCategory.objects.filter(workspace=workspace.workspace)
    rows.filter(pk=general(things).id).update(name="Notes")
    assert update_category(author, things.pk, notes.id, name="NOTES", order=9).order == 9
    assert invalid_at(update_category, author, things.pk, notes.id, name="notes") == taken


def test_a_category_is_found_by_its_name_or_uuid(workspace: Caller, things: ObjectType) -> None:
    made = create_category(workspace.author, things.pk, "Notes")

    for key in ("Notes", made.uuid):
        assert get_category(things.workspace_id, things.pk, key) == made
    other = make_object(workspace, "Others")
    for object_id, key in ((things.pk, "notes"), (other.pk, made.uuid)):
        assert isinstance(refusal(get_category, things.workspace_id, object_id, key), NotFound)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("General", "unique"),
        (" ", "required"),
        ("x" * 256, "limit_exceeded"),
        ("\0", "limit_exceeded"),
    ],
)
def test_a_category_needs_a_name_of_its_own(
    workspace: Caller, things: ObjectType, name: str, code: str
) -> None:
    notes = create_category(workspace.author, things.pk, "Notes")

    assert invalid_at(create_category, workspace.author, things.pk, name) == (("name",), code)
    assert invalid_at(update_category, workspace.author, things.pk, notes.id, name=name) == (
        ("name",),
        code,
    )


def test_fields_of_a_category_that_goes_are_under_the_first_of_the_others(
    workspace: Caller, things: ObjectType
) -> None:
    make_field(workspace, "things", "Remark", "text", category="Notes")
    notes = get_category(things.workspace_id, things.pk, "Notes")
    create_category(workspace.author, things.pk, "Dates")

    delete_category(workspace.author, things.pk, notes.id)

    assert listed(things) == ["General", "Dates"]
    assert workspace.schema("things").by_name["remark"].category_uuid == general(things).uuid


def test_the_last_category_stays(workspace: Caller, things: ObjectType) -> None:
    assert invalid_at(delete_category, workspace.author, things.pk, general(things).id) == (
        (),
        "in_use",
    )
    assert listed(things) == ["General"]


def test_the_number_of_categories_is_bounded(
    workspace: Caller, things: ObjectType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(categories, "MAX_CATEGORIES", 1)
    assert invalid_at(create_category, workspace.author, things.pk, "Notes") == (
        (),
        "limit_exceeded",
    )
