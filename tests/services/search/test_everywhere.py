"""A search of all objects at once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.services.search.everywhere import search_everywhere
from tests.factories import Caller, FieldDefinition, make_member, make_object, make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def harbour(workspace: Caller) -> Caller:
    """Ships and ports; one ship has the name of a port in a text."""
    make_object(workspace, "Ports", FieldDefinition("Note", "text"))
    make_object(workspace, "Ships", FieldDefinition("Note", "text"))
    for name in ("Bergen", "Bergamo Quay", "Oslo"):
        make_record(workspace, "ports", name=name)
    make_record(workspace, "ships", name="Nora", note="bound for Bergen")
    return workspace


def names(caller: Caller, term: str, per_object: int = 5, at_most: int = 40) -> list[str]:
    found = search_everywhere(caller.author, term, per_object=per_object, at_most=at_most)
    return [f"{schema.name}: {view.display_name}" for schema, view in found]


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("berg", ["ports: Bergamo Quay", "ports: Bergen", "ships: Nora"]),
        ("BERGEN", ["ports: Bergen", "ships: Nora"]),
        ("quay", ["ports: Bergamo Quay"]),
        ("nowhere", []),
        ("b", []),
        (" ", []),
        ("%", []),
    ],
)
def test_names_and_texts_are_found(harbour: Caller, term: str, expected: list[str]) -> None:
    assert names(harbour, term) == expected


def test_names_come_before_texts(harbour: Caller) -> None:
    make_record(harbour, "ports", name="Askøy", note="near Bergen")
    assert names(harbour, "berge")[:2] == ["ports: Bergen", "ports: Askøy"]


def test_no_more_is_found_than_asked_for(harbour: Caller) -> None:
    assert names(harbour, "berg", per_object=1) == ["ports: Bergamo Quay", "ships: Nora"]
    assert names(harbour, "berg", at_most=2) == ["ports: Bergamo Quay", "ports: Bergen"]


def test_nothing_out_of_sight_is_found(harbour: Caller) -> None:
    grants = {"ports": {"view": "own"}, "ships": {"view": "all"}}
    hidden = make_member(harbour, "ann@example.com", grants, hidden=[("ships", "note")])
    assert names(hidden, "berg") == []
    assert names(hidden, "nora") == ["ships: Nora"]
    writer = make_member(harbour, "bob@example.com", {"ports": {"create": True}})
    assert names(writer, "berg") == []


def test_queries_are_of_objects_not_of_records(harbour: Caller) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            names(harbour, "berg")
        return len(captured)

    def add(count: int) -> None:
        for number in range(count):
            for name in ("ships", "ports"):
                make_record(harbour, name, name=f"Bergliot {count} {number}")

    add(5)
    queries()
    before = queries()
    add(12)
    queries()
    assert queries() == before
