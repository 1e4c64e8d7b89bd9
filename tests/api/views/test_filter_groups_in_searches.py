"""Searches by filter groups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_query_counts import statements
from tests.api_client import ApiClient
from tests.factories import Caller, make_record

from .conftest import VIEWS, clause, saved_filter

GROUPS = f"{VIEWS}/filter-groups"
SEARCH = "/api/records/companies/search"
UNKNOWN = "01900000-0000-7000-8000-000000000000"
FILTERS: dict[str, dict[str, Any]] = {
    "big": saved_filter(clause("employees", ">", 40)),
    "small": saved_filter(clause("employees", "<=", 40)),
    "air": saved_filter(clause("industry", "=", "Air")),
    "air or big": {
        "and": False,
        "query": [
            {"filters": [clause("industry", "=", "Air")]},
            {"filters": [clause("employees", ">", 40)]},
        ],
    },
    "air and big": saved_filter(clause("industry", "=", "Air"), clause("employees", ">", 40)),
    "not air": saved_filter(clause("industry", "!=", "Air")),
    "named b": saved_filter(clause("display_name", "contains", "b")),
    "tagged": saved_filter(clause("tags", "is_blank", False)),
    "all": {},
}
# Name, employees, industry.
COMPANIES = [
    ("Aa", 7, "Air"),
    ("Ab", 70, "Air"),
    ("Sa", 8, "Sea"),
    ("Sb", 80, "Sea"),
    ("None", None, None),
]
Group = dict[str, str]


@pytest.fixture
def groups(workspace: Caller, api: ApiClient, companies: str) -> Group:
    """The ids of saved filters, by name."""
    for name, employees, industry in COMPANIES:
        values = {"name": name, "employees": employees, "industry": industry}
        made = {key: value for key, value in values.items() if value is not None}
        make_record(workspace, "companies", **made)
    return {
        name: api.post(GROUPS, {"name": name, "config": config}).json()["id"]
        for name, config in FILTERS.items()
    }


def found(client: ApiClient, **body: Any) -> str:
    answer = client.post(SEARCH, {"field_names": [], "ordering": "name", **body})
    assert answer.status_code == 200, answer.content
    content = answer.json()
    names = [row["display_name"] for row in content["results"]]
    assert content["count"] == len(names)
    return " ".join(names)


SEARCHES: list[tuple[dict[str, Any], str]] = [
    ({"group_id": "big"}, "Ab Sb"),
    ({"group_id": "all"}, "Aa Ab None Sa Sb"),
    ({"group_id": "air or big"}, "Aa Ab Sb"),
    ({"group_id": "big", "in_group_ids": ["air"]}, "Ab"),
    ({"in_group_ids": ["big", "air"]}, "Aa Ab Sb"),
    ({"in_group_ids": ["big", "air and big"]}, "Ab Sb"),
    ({"in_group_ids": ["all", "air"]}, "Aa Ab None Sa Sb"),
    ({"in_group_ids": ["air or big", "small"]}, "Aa Ab Sa Sb"),
    ({"in_group_ids": "big,air"}, "Aa Ab Sb"),
    ({"in_group_ids": ["named b", "tagged"]}, "Ab Sb"),
    ({"not_in_group_ids": ["big"]}, "Aa None Sa"),
    ({"not_in_group_ids": ["big", "air"]}, "None Sa"),
    ({"not_in_group_ids": ["air and big"]}, "Aa None Sa Sb"),
    ({"not_in_group_ids": ["not air"]}, "Aa Ab"),
    ({"not_in_group_ids": ["named b"]}, "Aa None Sa"),
    ({"not_in_group_ids": ["tagged"]}, "Aa Ab None Sa Sb"),
    ({"not_in_group_ids": ["all"]}, ""),
    ({"in_group_ids": ["big"], "not_in_group_ids": ["big"]}, "Ab Sb"),
    ({"in_group_ids": [], "not_in_group_ids": ["big"]}, "Aa None Sa"),
    ({"in_group_ids": None, "group_id": None, "not_in_group_ids": []}, "Aa Ab None Sa Sb"),
    ({"in_group_ids": ["air"], "query": FILTERS["big"]}, "Ab"),
    ({"not_in_group_ids": ["air"], "query": FILTERS["big"], "and": False}, "Sb"),
    ({"in_group_ids": ["air"], "search": "b"}, "Ab"),
]  # fmt: skip


def ids(groups: Group, body: dict[str, Any]) -> dict[str, Any]:
    """The body with ids in place of names."""

    def one(sent: Any) -> Any:
        if isinstance(sent, list):
            return [groups[name] for name in sent]
        return ",".join(groups[name] for name in sent.split(",")) if sent else sent

    return {
        key: one(value) if key.endswith(("_id", "_ids")) else value for key, value in body.items()
    }


@pytest.mark.parametrize(
    ("body", "names"), SEARCHES, ids=[str(number) for number in range(len(SEARCHES))]
)
def test_groups_are_conditions_beside_the_query(
    api: ApiClient, groups: Group, body: dict[str, Any], names: str
) -> None:
    assert found(api, **ids(groups, body)) == names
    figures = api.post("/api/records/companies/aggregate", ids(groups, body)).json()
    assert figures["results"][0]["count"] == len(names.split())


def test_the_query_string_may_name_groups_too(api: ApiClient, groups: Group) -> None:
    asked = f"?in_group_ids={groups['big']},{groups['air']}&group_id={groups['air']}"
    rows = api.post(f"{SEARCH}{asked}", {"in_group_ids": [UNKNOWN]}).json()["results"]
    assert {row["display_name"] for row in rows} == {"Aa", "Ab"}
    export = api.post(
        "/api/custom-objects/companies/exports?format=csv", {"not_in_group_ids": [groups["air"]]}
    )
    text = export.getvalue().decode()
    assert ("Sa" in text, "Aa" in text) == (True, False)


@pytest.mark.parametrize(
    ("body", "place", "code"),
    [
        ({"group_id": UNKNOWN}, "group_id", "does_not_exist"),
        ({"group_id": 7}, "group_id", "does_not_exist"),
        ({"group_id": {}}, "group_id", "does_not_exist"),
        ({"in_group_ids": [UNKNOWN]}, "in_group_ids[0]", "does_not_exist"),
        ({"not_in_group_ids": "x,y"}, "not_in_group_ids[0]", "does_not_exist"),
        ({"in_group_ids": 7}, "in_group_ids", "invalid"),
        ({"in_group_ids": [UNKNOWN] * 101}, "in_group_ids", "limit_exceeded"),
    ],
)
def test_unknown_groups_are_refused(
    api: ApiClient, companies: str, body: dict[str, Any], place: str, code: str
) -> None:
    answer = api.post(SEARCH, body)
    assert answer.status_code == 400
    assert f"{place}:" in answer.content.decode()
    assert code in answer.content.decode()


def test_a_group_that_no_longer_compiles_is_named(api: ApiClient, companies: str) -> None:
    made = api.post(
        GROUPS, {"name": "Notes", "config": saved_filter(clause("note", "contains", "x"))}
    ).json()
    api.delete("/api/custom-objects/companies/fields/note")
    answer = api.post(SEARCH, {"group_id": made["id"]})
    assert answer.status_code == 400
    assert "group_id: the filter group 'Notes'" in answer.content.decode()


def test_all_groups_together_have_so_many_clauses(api: ApiClient, companies: str) -> None:
    config = saved_filter(*[clause("name", "contains", str(at)) for at in range(100)])
    made = [
        api.post(GROUPS, {"name": f"Group {at}", "config": config}).json()["id"] for at in range(5)
    ]
    assert api.post(SEARCH, {"in_group_ids": made[:4]}).status_code == 200
    assert api.post(SEARCH, {"not_in_group_ids": made[:4]}).status_code == 200
    answer = api.post(SEARCH, {"not_in_group_ids": made})
    assert (answer.status_code, "limit_exceeded" in answer.content.decode()) == (400, True)


def test_groups_cost_one_statement(api: ApiClient, groups: Group) -> None:
    def asked(*names: str) -> int:
        body = {"in_group_ids": [groups[name] for name in names]}
        return len(statements(lambda: api.post(SEARCH, body)))

    assert asked("big") == asked("big", "air", "small") == asked() + 1


def test_a_saved_filter_may_hold_notes_that_a_query_may_not(api: ApiClient, groups: Group) -> None:
    noted = saved_filter({**clause("employees", ">", 40), "label": "Big ones"})
    made = api.post(GROUPS, {"name": "Noted", "config": {**noted, "colour": "red"}})
    assert made.json()["config"] == {**noted, "colour": "red"}
    assert found(api, group_id=made.json()["id"]) == "Ab Sb"
    assert api.post(SEARCH, {"query": noted}).status_code == 400
