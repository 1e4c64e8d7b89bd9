"""Who set each value of a record, and setting fields to what they were."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import ApiClient

from .reading import sent, values_of

FIRST = {"employees": 7, "name": "Acme"}


@pytest.fixture
def changed(api: ApiClient, company: str) -> str:
    """A company at its third version."""
    api.patch(company, sent(employees=8, tags=["a"]), x_reason="a census")
    api.patch(company, sent(name="Acme Ltd", industry={"name": "Sea"}))
    return company


def test_blame_says_who_set_each_value(api: ApiClient, changed: str) -> None:
    content = api.get(f"{changed}/blame").json()
    found = {field["name"]: field for field in content["fields"]}
    assert content["version"] == 3
    assert {name: field["version"] for name, field in found.items()} == {
        "name": 3,
        "owner": 1,
        "industry": 3,
        "employees": 2,
        "tags": 2,
        "secret": 1,
    }
    employees = found["employees"]
    assert (employees["value"], employees["reason"], employees["source"]) == (
        8,
        "a census",
        "records_api",
    )
    assert employees["member"]["email"] == "admin@example.com"


@pytest.mark.parametrize(
    ("body", "after", "version"),
    [
        ({"version": 1}, FIRST | {"industry": "Air"}, 4),
        ({"version": 2}, FIRST | {"industry": "Air", "employees": 8, "tags": ["a"]}, 4),
        ({"version": 1, "fields": ["employees"]}, {"name": "Acme Ltd", "employees": 7}, 4),
        ({"version": 3}, {"name": "Acme Ltd", "employees": 8}, 3),
    ],
)
def test_fields_are_set_to_what_they_were(
    api: ApiClient, changed: str, body: Any, after: dict[str, Any], version: int
) -> None:
    answer = api.patch(f"{changed}/restore", body)
    assert answer.status_code == 200, answer.content
    values = values_of(answer)
    values["industry"] = values["industry"]["name"]
    values["tags"] = [tag["name"] for tag in values.get("tags", ())]
    assert {name: values[name] for name in after} == after
    assert answer.headers["ETag"] == f'"{version}"'
    assert answer.json()["action"] == ("unchanged" if version == 3 else "updated")


def test_a_time_is_taken_for_a_version(api: ApiClient, changed: str) -> None:
    entries = api.get(f"{changed}/history").json()["results"]
    answer = api.patch(f"{changed}/restore", {"as_of": entries[2]["created"]})
    assert values_of(answer)["employees"] == 7


def test_if_match_is_honoured(api: ApiClient, changed: str) -> None:
    assert api.patch(f"{changed}/restore", {"version": 1}, if_match='"2"').status_code == 412
    assert api.patch(f"{changed}/restore", {"version": 1}, if_match='"3"').status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "version: send either version or as_of."),
        ({"version": 1, "as_of": "2026-01-01T00:00:00Z"}, "version: send either"),
        ({"version": 0}, "version: the record has the versions 1 to 3."),
        ({"version": 4}, "version: the record has the versions 1 to 3."),
        ({"version": True}, "version: expected the number of a version."),
        ({"as_of": "yesterday"}, "as_of: expected a date and time in ISO 8601."),
        ({"as_of": "2001-01-01T00:00:00Z"}, "as_of: the record did not exist then."),
        ({"version": 1, "fields": []}, "fields: name at least one field"),
        ({"version": 1, "fields": ["nothing"]}, "fields: unknown nothing"),
        ({"version": 1, "fields": [1]}, "fields[0]: expected a string."),
        ({"version": 1, "fields": ["created"]}, "The field 'created' is read-only."),
    ],
)
def test_what_cannot_be_restored_is_refused(
    api: ApiClient, changed: str, body: Any, said: str
) -> None:
    answer = api.patch(f"{changed}/restore", body)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_a_value_that_is_refused_today_is_named(api: ApiClient, changed: str) -> None:
    options = api.get("/api/custom-objects/companies/fields/industry/options").json()
    (air,) = [option for option in options if option["name"] == "Air"]
    api.delete(f"/api/custom-objects/companies/fields/industry/options/{air['id']}")
    answer = api.patch(f"{changed}/restore", {"version": 1})
    assert answer.status_code == 400
    (problem,) = answer.json()["codes"]
    assert (problem["name"], problem["value"]) == (["industry"], ["does_not_exist"])
    rest = {"version": 1, "fields": ["name", "employees"]}
    assert values_of(api.patch(f"{changed}/restore", rest))["employees"] == 7
