"""Fields of linked records beside a record's own: what is shown, to whom, and for how many statements."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.services.reading import find_related_path, get_record, select_fields
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    make_member,
    make_object,
    make_record,
    make_relation,
    make_workspace,
)
from tests.services.acting import cost, search

ALL = {"view": "all"}


@pytest.fixture
def flights(db: None) -> Caller:
    """Three flights between ports: with a port and stops, with a blank one, with none."""
    admin = make_workspace(time_zone="Europe/Paris")
    make_object(admin, "Lands")
    make_object(
        admin,
        "Ports",
        FieldDefinition("City", "text"),
        FieldDefinition("Opened", "datetime"),
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition("Fee", "money"),
    )
    make_object(admin, "Flights", FieldDefinition("Seats", "integer"))
    make_relation(admin, "ports", "Land", "lands", "primary", "Ports")
    make_relation(admin, "flights", "Port", "ports", "primary", "Flights")
    make_relation(admin, "flights", "Stops", "ports", "additional", "Stopping")
    make_record(admin, "lands", name="Norway")
    make_record(
        admin,
        "ports",
        name="OSL",
        city="Oslo",
        opened="2026-01-01T00:00:00Z",
        tags=["big"],
        fee=5,
        land={"name": "Norway"},
    )
    make_record(admin, "ports", name="XXX")
    make_record(admin, "ports", name="CIA", city="Rome")
    make_record(
        admin, "flights", name="A", port={"name": "OSL"}, stops=[{"name": "CIA"}, {"name": "XXX"}]
    )
    make_record(admin, "flights", name="B", port={"name": "XXX"}, stops=[{"name": "XXX"}])
    make_record(admin, "flights", name="C")
    return admin


def shown(
    caller: Caller, object_name: str, *names: str, plain: bool = False
) -> dict[str, dict[str, Any]]:
    """What is shown under these names, by record."""
    author, schema = caller.author, caller.schema(object_name)
    fields = select_fields(author, schema, field_names=names, related=True)
    views = search(caller, object_name, fields=fields, plain=plain).views
    by_id = {spec.id: spec.name for spec in fields}
    return {
        view.display_name: {by_id[key]: value for key, value in view.values.items()}
        for view in views
    }


def test_values_of_one_record_and_of_several(flights: Caller) -> None:
    assert shown(flights, "flights", "name", "port.city", "stops.city", "stops.name") == {
        "A": {
            "name": "A",
            "port.city": "Oslo",
            "stops.city": ["Rome", None],
            "stops.name": ["CIA", "XXX"],
        },
        "B": {"name": "B", "stops.name": ["XXX"]},
        "C": {"name": "C"},
    }


def test_values_have_the_forms_of_their_types(flights: Caller) -> None:
    names = ("port.opened", "port.tags", "port.fee", "port.land", "port.display_name")
    found = shown(flights, "flights", *names)["A"]

    assert found["port.opened"] == "2026-01-01T01:00:00+01:00"
    assert [tag["name"] for tag in found["port.tags"]] == ["big"]
    assert found["port.fee"] == {"currency": "USD", "symbol": "$", "amount": 5}
    assert found["port.land"]["display_name"] == "Norway"
    assert found["port.display_name"] == "OSL"
    assert shown(flights, "flights", "port.tags", "port.land", plain=True)["A"] == {
        "port.tags": ["big"],
        "port.land": {"id": flights_key(flights), "name": "Norway"},
    }


def flights_key(caller: Caller) -> int:
    (view,) = search(caller, "lands").views
    return view.row.id


def test_mirrors_lead_back(flights: Caller) -> None:
    assert shown(flights, "ports", "flights.name", "stopping.name") == {
        "OSL": {"flights.name": ["A"]},
        "CIA": {"stopping.name": ["A"]},
        "XXX": {"flights.name": ["B"], "stopping.name": ["A", "B"]},
    }


def test_archived_records_show_nothing(flights: Caller) -> None:
    (port,) = [view for view in search(flights, "ports").views if view.display_name == "CIA"]
    archive(flights, "ports", port.uuid)

    found = shown(flights, "flights", "stops.city", "stops.name")
    assert found["A"] == {"stops.name": ["XXX"]}


@pytest.mark.parametrize(
    "name",
    [
        *("port.nothing", "nothing.city", "seats.city", "port.", ".city", "port.land.name"),
        *("Port.city", "port..city", "name.name"),
    ],
)
def test_other_paths_are_unknown(flights: Caller, name: str) -> None:
    with pytest.raises(InvalidInput, match="unknown"):
        shown(flights, "flights", name)


def test_paths_are_unknown_where_nobody_asks_for_them(flights: Caller) -> None:
    with pytest.raises(InvalidInput, match="unknown"):
        select_fields(flights.author, flights.schema("flights"), field_names=["port.city"])


def test_only_what_is_in_sight_is_shown(flights: Caller) -> None:
    clerk = make_member(
        flights,
        "clerk@example.com",
        {"flights": ALL, "ports": ALL},
        hidden=[("ports", "city")],
    )
    owner = make_member(flights, "own@example.com", {"flights": ALL, "ports": {"view": "own"}})
    stranger = make_member(flights, "stranger@example.com", {"flights": ALL})

    with pytest.raises(InvalidInput, match=r"unknown port\.city"):
        shown(clerk, "flights", "port.city")
    assert shown(clerk, "flights", "port.tags")["A"]["port.tags"]
    assert shown(owner, "flights", "port.city", "stops.name") == {"A": {}, "B": {}, "C": {}}
    with pytest.raises(InvalidInput, match=r"unknown port\.name"):
        shown(stranger, "flights", "port.name")
    path = find_related_path(stranger.author, stranger.schema("flights"), "port.name")
    assert path is None


def test_a_relationship_is_one_statement_whatever_the_page_has(flights: Caller) -> None:
    author, schema = flights.author, flights.schema("flights")

    def asking(*names: str) -> int:
        fields = select_fields(author, schema, field_names=names, related=True)
        search(flights, "flights", fields=fields)
        return cost(search, flights, "flights", fields=fields)

    alone = asking("name")
    assert asking("name", "port.city") == alone + 1
    assert asking("name", "port.city", "port.opened", "stops.city") == alone + 2
    for at in range(20):
        make_record(
            flights, "flights", name=f"D{at}", port={"name": "OSL"}, stops=[{"name": "CIA"}]
        )
    assert asking("name", "port.city", "port.opened", "stops.city") == alone + 2


def test_relationships_are_limited(flights: Caller) -> None:
    for at in range(11):
        make_relation(flights, "flights", f"Far {at}", "ports", "primary", f"Near {at}")

    with pytest.raises(InvalidInput, match="at most 10 relationships"):
        shown(flights, "flights", *(f"far_{at}.city" for at in range(11)))
    assert shown(flights, "flights", *(f"far_{at}.city" for at in range(10)))["A"] == {}


def test_long_lists_are_cut_as_the_relationship_is(flights: Caller) -> None:
    for at in range(103):
        make_record(flights, "flights", name=f"E{at}", port={"name": "CIA"})
    found = shown(flights, "ports", "flights.name")["CIA"]["flights.name"]

    assert len(found) == 100


def test_single_records_show_them_too(flights: Caller) -> None:
    (uuid,) = [view.uuid for view in search(flights, "flights").views if view.display_name == "A"]
    author, schema = flights.author, flights.schema("flights")
    fields = select_fields(author, schema, field_names=["port.city"], related=True)

    assert list(get_record(author, schema, uuid, fields).values.values()) == ["Oslo"]
