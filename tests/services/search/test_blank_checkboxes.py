"""A blank checkbox is neither true nor false, through every grammar of filters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.workspace.calling import WorkspaceClient, ok
from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_object, make_record
from tests.mcp.calling import Agent

# For each grammar: a condition, or a key of a query, with its value, and who is found.
RECORDS_API: list[tuple[str, Any, str]] = [
    ("=", True, "yes"),
    ("=", False, "no"),
    ("!=", True, "blank no"),
    ("!=", False, "blank yes"),
    ("is_any_of", [True, False], "no yes"),
    ("is_none_of", [True, False], "blank"),
    ("is_blank", True, "blank"),
    ("is_blank", False, "no yes"),
]
AGENTS: list[tuple[str, Any, str]] = [
    ("eq", False, "no"),
    ("neq", True, "blank no"),
    ("in", [True, False], "no yes"),
    ("not_in", [True], "blank no"),
    ("is_null", True, "blank"),
    ("eq", None, "blank"),
    ("neq", None, "no yes"),
]
QUERIES: list[tuple[str, str, str]] = [
    ("paid", "true", "yes"),
    ("paid", "false", "no"),
    ("paid__in", "true,false", "no yes"),
    ("paid__isnull", "true", "blank"),
    ("paid__isnull", "false", "no yes"),
]


@pytest.fixture
def bills(workspace: Caller) -> int:
    made = make_object(workspace, "Bills", FieldDefinition("Paid", "checkbox"))
    for name, paid in (("yes", True), ("no", False), ("blank", None)):
        make_record(workspace, "bills", name=name, paid=paid)
    key: int = made.pk
    return key


@pytest.mark.parametrize(("condition", "value", "expected"), RECORDS_API)
def test_in_the_records_api(
    workspace: Caller, bills: int, condition: str, value: Any, expected: str
) -> None:
    clause = {"field": "paid", "condition": condition, "value": value}
    body = {"query": [{"filters": [clause]}]}
    page = ApiClient(workspace).post("/api/records/bills/search", body).json()
    assert sorted(row["display_name"] for row in page["results"]) == expected.split()


@pytest.mark.parametrize(("op", "value", "expected"), AGENTS)
def test_for_agents(workspace: Caller, bills: int, op: str, value: Any, expected: str) -> None:
    clause = {"field": "paid", "op": op, "value": value}
    page = Agent(workspace).call("query_records", record_type="bills", filter=clause)
    assert sorted(row["data"]["name"] for row in page["records"]) == expected.split()


@pytest.mark.parametrize(("key", "value", "expected"), QUERIES)
def test_in_the_workspace_api(
    workspace: Caller, bills: int, key: str, value: str, expected: str
) -> None:
    path = f"/data-types/{bills}/records"
    page = ok(WorkspaceClient(workspace).get(path, {key: value}))
    assert sorted(row["fieldValues"]["name"] for row in page["items"]) == expected.split()
