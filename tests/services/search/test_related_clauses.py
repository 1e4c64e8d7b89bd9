"""Filters of linked records: at least one record at the other end of a relationship meets them."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Extent
from records.services.search.filters import MAX_CLAUSES, MAX_GROUPS
from records.services.search.operators import parse_filter
from records.services.shaping import archive_object
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import cost, invalid_at, search

PILOTS = {"Ada": 30, "Bo": 40, "Cy": 50}
# Ship: the pilots it links to; Home port and sister port of the ship.
SHIPS = {"Anna": ["Ada", "Bo"], "Berta": ["Cy"], "Clara": []}
PORTS = {"North": ["Anna", "Clara"], "South": ["Berta"], "West": []}


@pytest.fixture
def fleet(workspace: Caller) -> Caller:
    """Ports, ships that belong to one, and pilots of ships."""
    make_object(workspace, "Ports")
    make_object(workspace, "Pilots", FieldDefinition("Age", "integer"))
    make_object(workspace, "Ships")
    make_relation(workspace, "ships", "Pilots", "pilots", "additional", "Ships")
    make_relation(workspace, "ships", "Port", "ports", "primary", "Ships")
    pilots = {
        name: make_record(workspace, "pilots", name=name, age=age).record.uuid
        for name, age in PILOTS.items()
    }
    for port, ships in PORTS.items():
        home = make_record(workspace, "ports", name=port).record.uuid
        for ship in ships:
            linked = [pilots[name] for name in SHIPS[ship]]
            make_record(workspace, "ships", name=ship, pilots=linked, port=home)
    return workspace


def linked(relationship: Any, *filters: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": "related_object",
        "subtype": "related_object_filter",
        "field_id": relationship,
        "condition": "custom_filter",
        "next_class_key": "fields",
        "value": {"and": True, "query": [{"id": "query-0", "filters": list(filters)}]},
        **more,
    }


def plain(field: str, condition: str, value: Any) -> dict[str, Any]:
    return {"field": field, "condition": condition, "value": value}


def names(caller: Caller, target: str, *filters: Any, **asked: Any) -> list[str]:
    query = [{"and": asked.pop("joined", True), "filters": list(filters)}]
    page = search(caller, target, query=query, ordering=("name",), **asked)
    if not asked.get("cursor"):
        assert page.count == len(page.views)
    return [view.display_name for view in page.views]


OLD, YOUNG = plain("age", ">=", 40), plain("age", "<", 40)


@pytest.mark.parametrize(
    ("target", "sent", "expected"),
    [
        ("ships", [linked("pilots", OLD)], ["Anna", "Berta"]),
        ("ships", [linked("pilots", YOUNG)], ["Anna"]),
        ("ships", [linked("pilots", YOUNG, plain("name", "=", "Bo"))], []),  # no single pilot
        ("ships", [linked("pilots", YOUNG), linked("pilots", OLD)], ["Anna"]),
        ("ships", [linked("pilots")], ["Anna", "Berta"]),
        ("ships", [linked("pilots", value={})], ["Anna", "Berta"]),
        ("ships", [linked("pilots", plain("age", "is_blank", True))], []),
        ("ships", [linked("pilots", plain("name", "!=", "Ada"))], ["Anna", "Berta"]),
        ("ships", [linked("pilots", plain("name", "contains", "y"))], ["Berta"]),
        ("ships", [linked("pilots", YOUNG), plain("name", "=", "Anna")], ["Anna"]),
        ("ships", [linked("port", plain("name", "=", "North"))], ["Anna", "Clara"]),
        ("ships", [linked("port", plain("name", "=", "West"))], []),
        # By the mirror, one to many and many to many.
        ("ports", [linked("ships", plain("name", "starts_with", "c"))], ["North"]),
        ("ports", [linked("ships")], ["North", "South"]),
        ("pilots", [linked("ships", plain("name", "=", "Anna"))], ["Ada", "Bo"]),
        ("pilots", [linked("ships", plain("name", "=", "Anna")), OLD], ["Bo"]),
        # Two relationships away, forwards, back and there and back.
        ("ports", [linked("ships", linked("pilots", OLD))], ["North", "South"]),
        ("ports", [linked("ships", linked("pilots", YOUNG))], ["North"]),
        ("ports", [linked("ships", linked("pilots"), plain("name", "=", "Clara"))], []),
        ("pilots", [linked("ships", linked("port", plain("name", "=", "South")))], ["Cy"]),
        ("pilots", [linked("ships", linked("pilots", YOUNG))], ["Ada", "Bo"]),
    ],
)
def test_records_are_found_by_what_is_linked(
    fleet: Caller, target: str, sent: list[Any], expected: list[str]
) -> None:
    assert names(fleet, target, *sent) == expected


def test_the_groups_inside_join_as_any_others(fleet: Caller) -> None:
    either = linked(
        "pilots",
        value={
            "and": False,
            "query": [{"filters": [YOUNG]}, {"filters": [plain("name", "=", "Cy")]}],
        },
    )
    assert names(fleet, "ships", either) == ["Anna", "Berta"]
    assert names(
        fleet, "ships", linked("pilots", YOUNG), plain("name", "=", "Clara"), joined=False
    ) == ["Anna", "Clara"]


def test_the_relationship_is_named_by_its_id_as_well(fleet: Caller) -> None:
    uuid = fleet.schema("ships").by_name["pilots"].uuid
    for key in (uuid, f"custom::{uuid}", f'"custom"::{uuid}'):
        assert names(fleet, "ships", linked(key, YOUNG)) == ["Anna"]


def test_archived_records_do_not_count(fleet: Caller) -> None:
    schema = fleet.schema("pilots")
    page = search(fleet, "pilots", query=[{"filters": [YOUNG]}])
    archive(fleet, "pilots", page.views[0].uuid)
    assert names(fleet, "ships", linked("pilots", YOUNG)) == []
    assert schema.id


def test_archived_records_are_searched_by_what_they_link_to(fleet: Caller) -> None:
    page = search(fleet, "ships", query=[{"filters": [plain("name", "=", "Anna")]}])
    archive(fleet, "ships", page.views[0].uuid)
    assert names(fleet, "ships", linked("pilots", YOUNG), archived=True) == ["Anna"]
    # As the other end, an archived one is none.
    assert names(fleet, "pilots", linked("ships", plain("name", "=", "Anna"))) == []


@pytest.mark.parametrize("joined", [True, False])
def test_only_records_that_the_caller_may_see_count(fleet: Caller, joined: bool) -> None:
    grants: dict[str, Any] = {
        "ships": {"view": "all"},
        "pilots": {"view": "own", "create": True, "edit": "own"},
    }
    clerk = make_member(fleet, "clerk@example.com", grants)
    assert names(clerk, "ships", linked("pilots", OLD), joined=joined) == []
    mine = make_record(clerk, "pilots", name="Dee", age=60).record.uuid
    make_record(fleet, "ships", name="Dora", pilots=[mine])
    assert names(clerk, "ships", linked("pilots", OLD), joined=joined) == ["Dora"]
    assert names(fleet, "ships", linked("pilots", OLD)) == ["Anna", "Berta", "Dora"]


def test_what_lies_in_between_must_be_visible_too(fleet: Caller) -> None:
    grants: dict[str, Any] = {
        "ports": {"view": "all"},
        "ships": {"view": "own"},
        "pilots": {"view": "all"},
    }
    clerk = make_member(fleet, "clerk@example.com", grants)
    assert names(clerk, "ports", linked("ships", linked("pilots", OLD))) == []


def test_an_object_that_the_role_does_not_see_is_refused(fleet: Caller) -> None:
    clerk = make_member(fleet, "clerk@example.com", {"ships": {"view": Extent.ALL}})
    # Whatever the filter says: answers must not tell which fields there are.
    for inside in (OLD, plain("nothing", "=", 1)):
        place, code = invalid_at(names, clerk, "ships", linked("pilots", inside))
        assert (place[-1], code) == ("field_id", "permission_required")


def test_hidden_fields_are_unknown_on_either_side(fleet: Caller) -> None:
    grants = {"ships": {"view": "all"}, "pilots": {"view": "all"}}
    one = make_member(fleet, "one@example.com", grants, hidden=[("pilots", "age")])
    place, code = invalid_at(names, one, "ships", linked("pilots", OLD))
    inside = ("value", "query", 0, "filters", 0, "field")
    assert (place, code) == (("query", 0, "filters", 0, *inside), "does_not_exist")
    other = make_member(fleet, "other@example.com", grants, hidden=[("ships", "pilots")])
    place, code = invalid_at(names, other, "ships", linked("pilots", OLD))
    assert (place[-1], code) == ("field_id", "does_not_exist")


def test_links_to_an_archived_object_are_refused(fleet: Caller) -> None:
    archive_object(fleet.author, fleet.schema("pilots").id)
    assert invalid_at(names, fleet, "ships", linked("pilots", OLD))[0][-1] == "field_id"


def deep(levels: int, inner: Any) -> dict[str, Any]:
    sent: dict[str, Any] = inner
    for level in range(levels):
        sent = linked("ships" if (levels - level) % 2 == 0 else "pilots", sent)
    return sent


NO_FILTERS: list[Any] = [None, [], "x", 7, True]
HOSTILE: list[tuple[Any, tuple[Any, ...]]] = [
    (linked("pilots", OLD, field="x"), ()),
    (linked(None, OLD), ("field_id",)),
    (linked("nothing", OLD), ("field_id",)),
    (linked("name", OLD), ("field_id",)),
    (linked({"id": "pilots"}, OLD), ("field_id",)),
    (linked("pilots", OLD, subtype="custom"), ("subtype",)),
    (linked("pilots", OLD, condition="none"), ("condition",)),
    (linked("pilots", OLD, condition=None), ("condition",)),
    (linked("pilots", OLD, condition=[]), ("condition",)),
    (linked("pilots", OLD, next_class_key="tags"), ("next_class_key",)),
    *((linked("pilots", value=value), ("value",)) for value in NO_FILTERS),
    (linked("pilots", value={"query": 7}), ("value", "query")),
    (linked("pilots", value={"and": "x"}), ("value", "and")),
    (linked("pilots", value={"filters": []}), ("value",)),
    (
        linked("pilots", plain("age", "=", "x")),
        ("value", "query", 0, "filters", 0, "value"),
    ),
    (
        deep(3, OLD),
        ("value", "query", 0, "filters", 0, "value", "query", 0, "filters", 0),
    ),
    (
        deep(500, OLD),
        ("value", "query", 0, "filters", 0, "value", "query", 0, "filters", 0),
    ),
]


@pytest.mark.parametrize(("sent", "part"), HOSTILE)
def test_a_wrong_clause_is_refused_at_its_place(
    fleet: Caller, sent: Any, part: tuple[Any, ...]
) -> None:
    assert invalid_at(names, fleet, "ships", sent)[0] == ("query", 0, "filters", 0, *part)


def test_clauses_and_groups_inside_count_with_those_outside(fleet: Caller) -> None:
    half = MAX_CLAUSES // 2
    assert (
        names(
            fleet, "ships", linked("pilots", *[OLD] * (half - 1)), *[plain("name", "=", "x")] * half
        )
        == []
    )
    refused = invalid_at(
        names, fleet, "ships", linked("pilots", *[OLD] * half), *[plain("name", "=", "x")] * half
    )
    assert refused[1] == "limit_exceeded"
    many = linked("pilots", value={"query": [{}] * MAX_GROUPS})
    assert invalid_at(names, fleet, "ships", many)[1] == "limit_exceeded"


@pytest.mark.parametrize(
    "kind",
    [
        "subscription_lists",
        "library_messages",
        "interactions",
        "lead_sources",
        "activities",
        "scheduled_activities",
        "association",
        "automation2",
        "forms_v2",
        "surveys",
        "variable",
        "tags",
    ],
)
def test_other_types_of_clauses_are_refused_by_name(fleet: Caller, kind: str) -> None:
    sent = {"type": kind, "subtype": "x", "condition": "has", "ids": ["1"], "anything": {}}
    place, _ = invalid_at(names, fleet, "ships", sent)
    assert place == ("query", 0, "filters", 0, "type")
    inside = ("value", "query", 0, "filters", 0, "type")
    assert invalid_at(names, fleet, "ships", linked("pilots", sent))[0][4:] == inside


def by_operator(caller: Caller, target: str, sent: Any) -> list[str]:
    node = parse_filter(caller.author, caller.schema(target), sent).node
    page = search(caller, target, query=node, ordering=("name",))
    return [view.display_name for view in page.views]


def matching(relationship: str, inner: Any) -> dict[str, Any]:
    return {"field": relationship, "op": "matching", "value": inner}


OLDER = {"field": "age", "op": "gte", "value": 40}


@pytest.mark.parametrize(
    ("target", "sent", "expected"),
    [
        ("ships", matching("pilots", OLDER), ["Anna", "Berta"]),
        (
            "ships",
            {"or": [matching("pilots", OLDER), {"field": "name", "value": "Clara"}]},
            ["Anna", "Berta", "Clara"],
        ),
        ("ports", matching("ships", matching("pilots", OLDER)), ["North", "South"]),
        ("ports", matching("ships", {"search": "clar"}), ["North"]),
    ],
)
def test_filters_with_operators_ask_the_same(
    fleet: Caller, target: str, sent: Any, expected: list[str]
) -> None:
    assert by_operator(fleet, target, sent) == expected


def test_wrong_filters_with_operators_are_refused_at_their_place(fleet: Caller) -> None:
    def refused(sent: Any) -> tuple[Any, ...]:
        return invalid_at(by_operator, fleet, "ships", sent)[0]

    assert refused(matching("name", OLDER)) == ("filter", "field")
    assert refused(matching("pilots", None)) == ("filter", "value")
    assert refused(matching("pilots", {"field": "no"})) == ("filter", "value", "field")
    # Which records are searched is the outermost filter's to say.
    archived = {"field": "archived", "value": True}
    assert refused(matching("pilots", archived)) == ("filter", "value")
    deepest = matching("pilots", matching("ships", matching("pilots", OLDER)))
    assert refused(deepest) == ("filter", "value", "value")
    many = {"and": [OLDER] * MAX_CLAUSES}
    assert invalid_at(by_operator, fleet, "ships", matching("pilots", many))[1] == "limit_exceeded"


def test_the_number_of_statements_does_not_depend_on_the_records(fleet: Caller) -> None:
    sent = linked("ships", linked("pilots", OLD))
    names(fleet, "ports", sent)
    before = cost(names, fleet, "ports", sent)
    home = search(fleet, "ports").views[0].uuid
    for at in range(5):
        make_record(fleet, "ships", name=f"ship {at}", port=home)
    assert cost(names, fleet, "ports", sent) == before
