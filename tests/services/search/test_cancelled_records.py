"""Cancelled records are shown as such, and found or left out, through every API."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.operations.lifecycle import cancel_record
from records.services.reading import address
from tests.api.workspace.calling import WorkspaceClient, ok, refused
from tests.api_client import ApiClient
from tests.factories import Caller, make_object, make_record
from tests.mcp.calling import Agent

ASKED: list[tuple[bool | None, list[str]]] = [
    (None, ["ended", "open"]),
    (True, ["ended"]),
    (False, ["open"]),
]


@pytest.fixture
def cases(workspace: Caller) -> int:
    made = make_object(workspace, "Cases")
    make_record(workspace, "cases", name="open")
    ended = make_record(workspace, "cases", name="ended").record.uuid
    cancel_record(workspace.author, workspace.schema("cases"), address(ended))
    key: int = made.pk
    return key


@pytest.mark.parametrize(("asked", "expected"), ASKED)
def test_in_the_records_api(
    workspace: Caller, cases: int, asked: bool | None, expected: list[str]
) -> None:
    body = {} if asked is None else {"cancelled": asked}
    page = ApiClient(workspace).post("/api/records/cases/search", body).json()
    shown = {row["display_name"]: row["cancelled"] for row in page["results"]}
    assert shown == {name: name == "ended" for name in expected}
    assert page["count"] == len(expected)


@pytest.mark.parametrize(("asked", "expected"), ASKED)
def test_in_the_workspace_api(
    workspace: Caller, cases: int, asked: bool | None, expected: list[str]
) -> None:
    query = {} if asked is None else {"cancelled": str(asked).lower()}
    page = ok(WorkspaceClient(workspace).get(f"/data-types/{cases}/records", query))
    shown = {row["fieldValues"]["name"]: row["cancelled"] for row in page["items"]}
    assert shown == {name: name == "ended" for name in expected}
    assert page["total"] == len(expected)


@pytest.mark.parametrize(("asked", "expected"), ASKED)
def test_for_agents(workspace: Caller, cases: int, asked: bool | None, expected: list[str]) -> None:
    clause = {"field": "cancelled", "op": "eq", "value": asked}
    sent: dict[str, Any] = {} if asked is None else {"filter": {"and": [clause]}}
    page = Agent(workspace).call("query_records", record_type="cases", **sent)
    shown = {row["data"]["name"]: row.get("_cancelled", False) for row in page["records"]}
    assert shown == {name: name == "ended" for name in expected}
    assert page["total"] == len(expected)


def test_what_asks_for_neither_is_refused(workspace: Caller, cases: int) -> None:
    api, client, agent = ApiClient(workspace), WorkspaceClient(workspace), Agent(workspace)
    assert api.post("/api/records/cases/search", {"cancelled": "yes"}).status_code == 400
    refused(client.get(f"/data-types/{cases}/records", {"cancelled": "maybe"}), 400)
    clause = {"field": "cancelled", "op": "gt", "value": True}
    for filter_ in (clause, {"or": [clause | {"op": "eq"}, {"search": "x"}]}):
        error = agent.refusal("query_records", record_type="cases", filter=filter_)
        assert "cancelled" in error["message"]
