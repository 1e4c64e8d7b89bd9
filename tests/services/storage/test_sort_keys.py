"""A workspace's texts are sorted by its language, on both engines alike, and a change of it shows
no half state."""

# ruff: noqa: RUF001 - letters that look like others are what this is about
from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.models import FieldValue, Record
from records.services.people import update_workspace
from records.services.shaping import archive_object, get_object, restore_object
from tests.factories import Caller, FieldDefinition, make_object, make_record, make_workspace
from tests.services.acting import differences, search

LABELS = ["Zorn", "Ängby", "Adam", "Öberg", "Åberg", "adamsson", "Örn", "jazz", "1. ål"]
ROOT = ["1. ål", "Åberg", "Adam", "adamsson", "Ängby", "jazz", "Öberg", "Örn", "Zorn"]
SWEDISH = ["1. ål", "Adam", "adamsson", "jazz", "Zorn", "Åberg", "Ängby", "Öberg", "Örn"]


def in_language(caller: Caller, language: str) -> None:
    row = caller.workspace
    update_workspace(
        caller.author, name=row.name, time_zone=row.time_zone, region=row.region, language=language
    )


def make_things(caller: Caller) -> Caller:
    make_object(
        caller,
        "Things",
        FieldDefinition("Label", "text", is_unique=True),
        FieldDefinition("Note", "longtext"),
        FieldDefinition("Tags", "dynamictags"),
    )
    for label in LABELS:
        make_record(
            caller, "things", name=f"{label}!", label=label, note=f"{label} " * 60, tags=[label]
        )
    return caller


@pytest.fixture
def swedish(db: None) -> Caller:
    return make_things(make_workspace(language="sv"))


def labels(caller: Caller, **more: Any) -> list[str]:
    return [view.display_name[:-1] for view in search(caller, "things", **more).views]


def found(caller: Caller, condition: str, value: object, field: str = "label") -> set[str]:
    query = [{"filters": [{"field": field, "condition": condition, "value": value}]}]
    return set(labels(caller, query=query, page_size=100))


def walked(caller: Caller, by: str) -> list[str]:
    """Every page in turn."""
    pages, cursor = [], ""
    while True:
        page = search(caller, "things", ordering=(by,), page_size=2, cursor=cursor)
        pages += [view.display_name[:-1] for view in page.views]
        if not page.next_cursor:
            return pages
        cursor = page.next_cursor


@pytest.mark.parametrize("by", ["label", "name", "display_name", "note"])
def test_lists_and_cursors_have_the_order_of_the_language(swedish: Caller, by: str) -> None:
    assert labels(swedish, ordering=(by,)) == SWEDISH
    assert labels(swedish, ordering=(f"-{by}",)) == SWEDISH[::-1]
    assert walked(swedish, by) == SWEDISH
    assert walked(swedish, f"-{by}") == SWEDISH[::-1]
    assert differences(swedish) == []


SOUGHT = [
    ("contains", "aber", {"Åberg"}),
    ("contains", "ÅBER", {"Åberg"}),
    ("contains", "z", {"Zorn", "jazz"}),  # not Åberg, whose key begins with the same letter
    ("contains", "ang", {"Ängby"}),
    ("starts_with", "a", {"Adam", "adamsson", "Åberg", "Ängby"}),
    ("starts_with", "å", {"Adam", "adamsson", "Åberg", "Ängby"}),
    ("starts_with", "z", {"Zorn"}),
    ("starts_with", "ob", {"Öberg"}),
    ("ends_with", "rn", {"Zorn", "Örn"}),
    ("ends_with", "al", {"1. ål"}),
    ("ends_with", "z", {"jazz"}),
    ("=", "åberg", {"Åberg"}),
    ("=", "aberg", set()),
    ("is_any_of", ["ÖRN", "adam", "angby"], {"Örn", "Adam"}),
    ("!contains", "a", {"Zorn", "Öberg", "Örn"}),
    ("!starts_with", "a", {"1. ål", "jazz", "Zorn", "Öberg", "Örn"}),
]


@pytest.mark.parametrize(("condition", "value", "expected"), SOUGHT)
def test_texts_are_found_as_without_a_language(
    swedish: Caller, condition: str, value: object, expected: set[str]
) -> None:
    assert found(swedish, condition, value) == expected
    in_language(swedish, "")
    assert found(swedish, condition, value) == expected


@pytest.mark.parametrize("term", ["ångs", "oberg", "z", "a", "adam", "ål", "orn ör"])
def test_free_text_finds_the_same_in_every_language(swedish: Caller, term: str) -> None:
    def sought() -> tuple[set[str], set[str]]:
        return set(labels(swedish, search=term)), found(swedish, "contains", term, "note")

    with_language = sought()
    in_language(swedish, "")

    assert sought() == with_language


def test_another_language_sorts_what_is_there_anew(workspace: Caller) -> None:
    make_things(workspace)
    index = FieldValue.objects.filter(workspace=workspace.workspace)
    index = index.order_by("record_id", "field_id", "position")
    records = Record.objects.filter(workspace=workspace.workspace).order_by("id")
    before = list(index.values())
    versions = list(records.values_list("version", "updated_at"))
    assert labels(workspace, ordering=("label",)) == ROOT
    cursor = search(workspace, "things", ordering=("label",), page_size=2).next_cursor

    for language, order in (("sv", SWEDISH), ("de", ROOT), ("sv-FI", SWEDISH), ("", ROOT)):
        in_language(workspace, language)
        assert labels(workspace, ordering=("label",)) == order
        assert labels(workspace, ordering=("display_name",)) == order
        assert differences(workspace) == []
        if order == SWEDISH:
            # A page of the old order is none of the new one.
            with pytest.raises(InvalidInput, match="not a cursor of this search"):
                search(workspace, "things", ordering=("label",), page_size=2, cursor=cursor)

    assert list(index.values()) == before
    assert list(records.values_list("version", "updated_at")) == versions


def test_archived_objects_and_records_are_sorted_anew_too(workspace: Caller) -> None:
    make_things(workspace)
    things = get_object(workspace.author, "things")
    archive_object(workspace.author, things.pk)

    in_language(workspace, "sv")
    restore_object(workspace.author, "things")

    assert labels(workspace, ordering=("label",)) == SWEDISH
    assert differences(workspace) == []


def test_unique_values_are_those_of_any_language(swedish: Caller) -> None:
    index = FieldValue.objects.filter(workspace=swedish.workspace).exclude(unique_key=None)
    keys = index.values_list("unique_key", flat=True)
    before = set(keys)
    for language in ("tr", "da", ""):
        in_language(swedish, language)
        assert set(keys) == before
        with pytest.raises(InvalidInput, match="Another record has this label"):
            make_record(swedish, "things", name="other", label="ÅBERG")


def test_turkish_letters_have_their_places_and_texts_their_equals(db: None) -> None:
    turkish = make_workspace(language="tr")
    make_object(turkish, "Things", FieldDefinition("Label", "text"))
    for label in ("İzmir", "Jale", "Isparta", "ığdır", "Hakkari", "inv-1"):
        make_record(turkish, "things", name=f"{label}!", label=label)

    ordered = ["Hakkari", "ığdır", "Isparta", "inv-1", "İzmir", "Jale"]
    assert labels(turkish, ordering=("label",)) == ordered
    # Capitals make no difference, as everywhere: codes are written INV-1 too.
    assert found(turkish, "=", "INV-1") == {"inv-1"}
    assert found(turkish, "=", "isparta") == {"Isparta"}
    assert found(turkish, "is_any_of", ["ISPARTA", "Inv-1", "jale"]) == {"Isparta", "inv-1", "Jale"}
    assert found(turkish, "starts_with", "i") == {"İzmir", "Isparta", "ığdır", "inv-1"}
    assert differences(turkish) == []


def test_each_workspace_has_its_own_order(swedish: Caller) -> None:
    other = make_things(make_workspace("Second", "second@example.com"))

    in_language(swedish, "sv-FI")

    assert labels(other, ordering=("label",)) == ROOT
    assert differences(other) == []
