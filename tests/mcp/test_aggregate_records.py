"""`aggregate_records`: figures of what a filter finds, and paths to linked records in `fields`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    make_object,
    make_record,
    make_relation,
)

from .calling import Agent


@pytest.fixture
def sales(workspace: Caller) -> Caller:
    """Four sales in two shops; one is archived."""
    make_object(workspace, "Shops", FieldDefinition("City", "text"))
    make_object(
        workspace,
        "Sales",
        FieldDefinition("Amount", "money"),
        FieldDefinition("Pieces", "integer"),
        FieldDefinition("Day", "date"),
        FieldDefinition("Kind", "dropdown", options=(OptionDefinition("Cash"),)),
        FieldDefinition("Clerk", "team_selector"),
    )
    make_relation(workspace, "sales", "Shop", "shops", "primary", "Sales")
    make_relation(workspace, "sales", "Others", "shops", "additional", "Other sales")
    for name, city in (("North", "Oslo"), ("South", "Rome")):
        make_record(workspace, "shops", name=name, city=city)
    for at, shop in enumerate(("North", "North", "South", "South")):
        made = make_record(
            workspace,
            "sales",
            name=f"Sale {at}",
            amount=at + 0.5,
            pieces=2**62,
            day=f"2026-0{at + 1}-15",
            shop={"name": shop},
            others=[{"name": "South"}, {"name": "North"}],
            kind={"name": "Cash"},
            clerk="is_me",
        )
    archive(workspace, "sales", made.record.uuid)
    return workspace


def test_figures_of_groups_by_the_words_that_were_sent(either: Agent, sales: Caller) -> None:
    found = either.call(
        "aggregate_records",
        record_type="sales",
        aggregate=["count", "sum:amount", "avg:amount", "max:day"],
        group_by=["shop.city", "kind"],
        sort=["-sum:amount"],
    )

    assert found == {
        "record_type": "sales",
        "groups": [
            {
                "group": {"shop.city": "Rome", "kind": "Cash"},
                "aggregates": {
                    "count": 1,
                    "sum:amount": 2.5,
                    "avg:amount": 2.5,
                    "max:day": "2026-03-15",
                },
            },
            {
                "group": {"shop.city": "Oslo", "kind": "Cash"},
                "aggregates": {
                    "count": 2,
                    "sum:amount": 2,
                    "avg:amount": 1,
                    "max:day": "2026-02-15",
                },
            },
        ],
        "total": 2,
        "next_offset": None,
    }


def test_records_and_members_have_their_names(agent: Agent, sales: Caller) -> None:
    found = agent.call("aggregate_records", record_type="sales", group_by=["shop", "clerk"])

    assert [group["group"]["shop"]["name"] for group in found["groups"]] == ["North", "South"]
    member = found["groups"][0]["group"]["clerk"]
    assert member == {"id": str(sales.member.uuid), "name": "admin@example.com"}


def test_filters_archived_ones_pages_and_periods(agent: Agent, sales: Caller) -> None:
    archived = {"field": "archived", "op": "eq", "value": True}
    found = agent.call(
        "aggregate_records", record_type="sales", group_by=["day:quarter"], filter=archived
    )
    assert found["groups"] == [{"group": {"day:quarter": "2026-04-01"}, "aggregates": {"count": 1}}]
    pages = [
        agent.call(
            "aggregate_records", record_type="sales", group_by=["created_at", "day"], **asked
        )
        for asked in ({"limit": 2}, {"limit": 2, "offset": 2})
    ]
    assert [(page["total"], page["next_offset"]) for page in pages] == [(3, 2), (3, None)]
    assert [len(page["groups"]) for page in pages] == [2, 1]


def test_numbers_keep_their_digits(agent: Agent, sales: Caller) -> None:
    found = agent.call("aggregate_records", record_type="sales", aggregate=["sum:pieces"])

    assert found["groups"][0]["aggregates"] == {"sum:pieces": str(3 * 2**62)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"aggregate": ["median:amount"]}, "aggregate[0].function: expected one of count"),
        ({"aggregate": ["sum:day"], "group_by": ["kind:month"]}, "group_by[0].by: 'kind'"),
        ({"aggregate": ["sum:amout"]}, "Did you mean 'amount'? list_record_types lists"),
        ({"aggregate": []}, "aggregate: ask for at least one."),
        ({"group_by": ["kind", "kind"]}, "'kind' is the name of something else"),
        ({"sort": ["kind"]}, "sort: 'kind' is not one of count."),
        ({"limit": 2, "offset": 1}, "offset: expected a multiple of limit."),
        ({"group_by": [":day"]}, "there is no field ''"),
        ({"filter": {"field": "shop.city", "op": "eq", "value": "Oslo"}}, "shop.city"),
    ],
)
def test_refusals_say_what_to_do(
    agent: Agent, sales: Caller, arguments: dict[str, Any], message: str
) -> None:
    result = agent.result("aggregate_records", record_type="sales", **arguments)
    error = result["structuredContent"]["error"]

    assert error["code"] == "VALIDATION_ERROR"
    assert message in error["message"]


def test_fields_of_linked_records_in_other_tools(agent: Agent, sales: Caller) -> None:
    fields = ["name", "shop.city", "others.name", "shop.sales"]
    found = agent.call("query_records", record_type="sales", fields=fields, sort="name", limit=1)
    data = found["records"][0]["data"]
    ids = [found["records"][0]["id"]]
    read = agent.call("get_records", record_type="sales", record_ids=ids, fields=fields)

    assert data == read["records"][0]["data"]
    assert {name: data[name] for name in fields[:3]} == {
        "name": "Sale 0",
        "shop.city": "Oslo",
        "others.name": ["South", "North"],
    }
    assert ids[0] in data["shop.sales"]
