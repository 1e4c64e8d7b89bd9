"""Finding records through the MCP server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import archive, make_member

from .calling import Agent

ROWS: dict[str, dict[str, Any]] = {
    "Alpha": {
        "city": "Oslo",
        "size": "Small",
        "labels": ["red"],
        "revenue": 10,
        "founded": "2001-01-01",
    },
    "Beta": {
        "city": "Bergen",
        "size": "Large",
        "labels": ["red", "blue"],
        "revenue": 20,
        "customer": True,
    },
    "Gamma": {
        "city": "Oslo Nord",
        "revenue": 30,
        "note": "A note",
        "extra": {"a": 1},
        "founded": "2020-12-31",
    },
}


@pytest.fixture
def found(agent: Agent) -> Any:
    """The names that a filter finds, in order of the names."""
    for name, data in ROWS.items():
        agent.call(
            "manage_record", action="upsert", record_type="companies", data={"name": name} | data
        )

    def find(asked: Any, **more: Any) -> list[str]:
        answer = agent.call(
            "query_records", record_type="companies", filter=asked, **{"sort": "name", **more}
        )
        assert answer["total"] == len(answer["records"])
        return [record["data"]["name"][0] for record in answer["records"]]

    return find


@pytest.mark.parametrize(
    ("field", "op", "value", "names"),
    [
        ("city", "eq", "OSLO", "A"),
        ("city", "neq", "Oslo", "BG"),
        ("city", "in", ["oslo", "Bergen"], "AB"),
        ("city", "not_in", ["oslo"], "BG"),
        ("city", "contains", "oslo", "AG"),
        ("city", "is_null", False, "ABG"),
        ("size", "eq", "Small", "A"),
        ("size", "neq", "Small", "BG"),
        ("size", "in", ["Small", "Large"], "AB"),
        ("size", "eq", None, "G"),
        ("size", "neq", None, "AB"),
        ("labels", "eq", "blue", "B"),
        ("labels", "contains", "red", "AB"),
        ("labels", "in", ["red", "blue"], "AB"),
        ("labels", "not_in", ["blue"], "AG"),
        ("revenue", "gt", 10, "BG"),
        ("revenue", "gte", 20, "BG"),
        ("revenue", "lt", 20, "A"),
        ("revenue", "lte", 20, "AB"),
        ("customer", "eq", True, "B"),
        ("customer", "neq", True, "AG"),
        ("founded", "lt", "2010-01-01", "A"),
        ("note", "contains", "NOTE", "G"),
        ("extra", "is_null", False, "G"),
        ("created_at", "gt", "2001-01-01", "ABG"),
        ("updated_at", "lt", "2001-01-01", ""),
        ("archived", "eq", False, "ABG"),
        ("archived", "neq", True, "ABG"),
        ("archived", "in", [False], "ABG"),
        ("archived", "not_in", [True, False], ""),
        ("archived", "is_null", True, ""),
        ("cancelled", "neq", True, "ABG"),
        ("cancelled", "in", [True], ""),
        ("cancelled", "in", [True, False], "ABG"),
        ("cancelled", "not_in", [True], "ABG"),
        ("cancelled", "is_null", False, "ABG"),
        ("cancelled", "is_null", True, ""),
    ],
)
def test_every_operator_means_the_same_for_every_type(
    found: Any, field: str, op: str, value: Any, names: str
) -> None:
    assert "".join(found({"field": field, "op": op, "value": value})) == names


def test_states_that_exclude_each_other_find_nothing(found: Any) -> None:
    either = [{"field": "cancelled", "value": value} for value in (True, False)]
    assert found({"and": either}) == []
    assert found({"and": either[1:]}) == ["A", "B", "G"]


def test_filters_are_joined_and_nested(found: Any) -> None:
    oslo, rich = (
        {"field": "city", "op": "contains", "value": "oslo"},
        {"field": "revenue", "op": "gt", "value": 15},
    )
    assert found({"and": [oslo, rich]}) == ["G"]
    assert found({"or": [oslo, rich]}) == ["A", "B", "G"]
    assert found({"or": [{"and": [oslo, rich]}, {"field": "size", "value": "Large"}]}) == ["B", "G"]
    assert found({"search": "berg"}) == ["B"]
    assert found({"and": [{"search": ""}, rich]}) == ["B", "G"]
    assert found({}) == found(None) == ["A", "B", "G"]


def test_links_are_found_by_the_ids_of_records(agent: Agent) -> None:
    acme = agent.call(
        "manage_record", action="upsert", record_type="companies", data={"name": "Acme"}
    )["id"]
    for name, data in (("A", {"employer": acme}), ("B", {})):
        agent.call(
            "manage_record", action="upsert", record_type="people", data={"name": name} | data
        )
    for op, value, names in (
        ("eq", acme, ["A"]),
        ("neq", acme, ["B"]),
        ("contains", acme, ["A"]),
        ("in", [acme], ["A"]),
    ):
        asked = {"field": "employer", "op": op, "value": value}
        answer = agent.call("query_records", record_type="people", filter=asked)
        assert [record["data"]["name"] for record in answer["records"]] == names
    (staff,) = agent.call("query_records", record_type="companies", fields=["staff"])["records"]
    assert len(staff["data"]["staff"]) == 1


def test_archived_records_are_found_only_by_name(agent: Agent, found: Any) -> None:
    answer = agent.call(
        "query_records", record_type="companies", filter={"field": "name", "value": "Alpha"}
    )
    archive(agent.caller, "companies", answer["records"][0]["id"])
    assert found({"field": "city", "op": "contains", "value": "oslo"}) == ["G"]
    gone = {"field": "archived", "op": "eq", "value": True}
    assert found(gone) == ["A"]
    matching: list[Any] = [
        {"field": "city", "value": "oslo"},
        {"field": "size", "value": "Small"},
        {"field": "labels", "op": "contains", "value": "red"},
        {"field": "size", "op": "neq", "value": "Large"},
        {"field": "customer", "op": "neq", "value": True},
        {"field": "updated_at", "op": "gt", "value": "2001-01-01"},
        {"field": "founded", "op": "lt", "value": "2010-01-01"},
        {"search": "alph"},
        {"or": [{"field": "city", "value": "oslo"}, {"field": "city", "value": "bergen"}]},
    ]
    for other in matching:
        for sort in ("city", "-revenue", "created_at", "size"):
            assert found({"and": [gone, other]}, sort=sort) == ["A"], other
    assert found({"and": [gone, {"field": "city", "value": "bergen"}]}) == []
    record = agent.call("query_records", record_type="companies", filter=gone)["records"][0]
    assert record["_archived"] is True


def test_pages_follow_one_another(agent: Agent, found: Any) -> None:
    assert len(found(None)) == 3
    names, cursor, totals = [], None, []
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        answer = agent.call(
            "query_records", record_type="companies", sort=["-revenue"], limit=1, **more
        )
        names += [record["data"]["name"] for record in answer["records"]]
        totals.append(answer.get("total"))
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert names == ["Gamma", "Beta", "Alpha"]
    assert totals == [3, None, None]


def test_fields_limit_what_is_answered(agent: Agent, found: Any) -> None:
    assert found({"field": "city", "value": "oslo"}, fields=["name"]) == ["A"]
    answer = agent.call("query_records", record_type="companies", fields=["revenue"], sort="name")
    assert [record["data"] for record in answer["records"]] == [
        {"revenue": 10},
        {"revenue": 20},
        {"revenue": 30},
    ]
    answer = agent.call("query_records", record_type="companies", fields=[], sort="name", limit=1)
    assert answer["records"][0]["data"] == {}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"filter": {"field": "colour", "value": 1}},
            "filter.field: there is no property 'colour' in 'companies'.",
        ),
        ({"filter": {"field": 5, "value": 1}}, "filter.field: expected the name of a property"),
        (
            {"filter": {"field": "city", "op": "like", "value": 1}},
            "filter.op: expected one of eq, neq, gt",
        ),
        (
            {"filter": {"field": "city", "op": "gt", "value": "a"}},
            "'gt' does not work on 'city', which takes eq, neq",
        ),
        ({"filter": {"field": "note", "op": "eq", "value": "a"}}, "which takes contains, is_null."),
        ({"filter": {"field": "city", "op": "eq", "value": 5}}, "filter.value: Expected a string."),
        (
            {"filter": {"field": "city", "op": "contains"}},
            "filter.value: A value is required; use is_null to find",
        ),
        ({"filter": {"and": []}}, "filter.and: expected a list of filters."),
        (
            {"filter": {"and": [{"or": [{"field": "x"}]}]}},
            "filter.and[0].or[0].field: there is no property 'x'",
        ),
        ({"filter": {"city": "Oslo"}}, 'filter: expected {"field", "op", "value"}'),
        ({"filter": {"and": ["x"]}}, 'filter.and[0]: expected {"field"'),
        ({"filter": {"search": 5}}, "filter.search: Expected a string."),
        (
            {"filter": {"field": "archived", "op": "gt", "value": True}},
            "filter: archived takes eq, neq, in, not_in, is_null, and true or false.",
        ),
        (
            {"filter": {"field": "cancelled", "op": "in", "value": [1]}},
            "filter: cancelled takes eq, neq, in, not_in, is_null, and true or false or a list",
        ),
        (
            {"filter": {"field": "archived", "op": "is_null", "value": False}},
            "filter: archived and other records are not found together.",
        ),
        (
            {"filter": {"or": [{"field": "archived", "value": True}]}},
            "filter.or[0]: archived must be alone",
        ),
        ({"filter": {"and": [{"field": "city", "value": "a"}] * 101}}, "at most 100 filters"),
        (
            {"sort": "colour"},
            "sort: there is no field 'colour'. list_record_types lists the properties.",
        ),
        ({"sort": "-colour"}, "sort: there is no field 'colour'."),
        ({"sort": ["-labels"]}, "sort: 'labels' holds several values."),
        ({"fields": ["colour"]}, "fields: unknown colour. list_record_types lists the properties."),
        (
            {"cursor": "nonsense"},
            "cursor: not a cursor of this search. Repeat the search unchanged, or omit the cursor.",
        ),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_told_with_the_way_out(
    agent: Agent, asked: dict[str, Any], told: str
) -> None:
    error = agent.refusal("query_records", record_type="companies", **asked)
    assert error["code"] == "VALIDATION_ERROR"
    assert told in error["message"]


def test_a_deep_filter_is_refused(agent: Agent) -> None:
    asked: Any = {"field": "city", "value": "a"}
    for _ in range(20):
        asked = {"and": [asked]}
    assert (
        "nested at most 5 levels deep"
        in agent.refusal("query_records", record_type="companies", filter=asked)["message"]
    )


def test_members_find_only_their_own_and_no_hidden_properties(agent: Agent, found: Any) -> None:
    assert len(found(None)) == 3
    grant = {"companies": {"view": "own", "create": True, "edit": "own"}}
    guest = Agent(
        make_member(agent.caller, "member@example.com", grant, hidden=[("companies", "revenue")])
    )
    mine = guest.call(
        "manage_record", action="upsert", record_type="companies", data={"name": "Mine"}
    )
    (record,) = guest.call("query_records", record_type="companies")["records"]
    assert record["id"] == mine["id"]
    agent.call(
        "manage_record",
        action="patch",
        record_type="companies",
        record_id=mine["id"],
        data={"revenue": 5},
    )
    (record,) = guest.call("query_records", record_type="companies")["records"]
    assert "revenue" not in record["data"]
    for asked in (
        {"filter": {"field": "revenue", "value": 5}},
        {"sort": "revenue"},
        {"fields": ["revenue"]},
    ):
        error = guest.refusal("query_records", record_type="companies", **asked)
        assert (error["code"], error["details"]) == (
            "VALIDATION_ERROR",
            {"reason": "does_not_exist"},
        )
    archive(agent.caller, "companies", mine["id"])
    gone = {"field": "archived", "value": True}
    (record,) = guest.call("query_records", record_type="companies", filter=gone)["records"]
    assert record["id"] == mine["id"]
    stranger = Agent(make_member(agent.caller, "stranger@example.com", grant))
    assert stranger.call("query_records", record_type="companies", filter=gone)["records"] == []
