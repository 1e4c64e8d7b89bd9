"""The change feed as programs read it, through both APIs."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import FeedEpoch
from tests.api_client import ApiClient
from tests.factories import Caller, make_key, make_member

from .reading import sent
from .workspace.calling import WorkspaceClient


@pytest.fixture
def workspace_api(workspace: Caller) -> WorkspaceClient:
    return WorkspaceClient(workspace)


def changes(answer: Any) -> list[dict[str, Any]]:
    """What happened to records."""
    assert answer.status_code == 200, answer.content
    return [change for change in answer.json()["changes"] if change["definition"] is None]


def test_changes_are_followed_from_a_cursor(
    api: ApiClient, workspace_api: WorkspaceClient, company: str
) -> None:
    after = api.get("/api/changes?after=now").json()["cursor"]
    theirs = workspace_api.get("/changes?after=now").json()["cursor"]
    api.patch(company, sent(employees=8), x_request_id="one")
    (change,) = changes(api.get(f"/api/changes?after={after}"))
    assert (change["action"], change["object"], change["record_id"], change["version"]) == (
        "updated",
        "companies",
        company.rpartition("/")[2],
        2,
    )
    assert change["fields"] == {"employees": {"old": 7, "new": 8}}
    assert change["source"] == "records_api"
    assert change["member_id"] == api.headers["X-USER-ID"]
    (plain,) = changes(workspace_api.get(f"/changes?after={theirs}"))
    assert plain["fields"] == {"employees": {"old": 7, "new": 8}}
    assert plain["operationId"] == change["operation_id"]
    assert type(plain["recordId"]) is int
    assert plain["dataType"] == "companies"
    assert (
        changes(
            workspace_api.get(f"/changes?dataTypeIds={plain['dataTypeId']}&limit=1000"),
        )[-1]
        == plain
    )


def test_definitions_are_part_of_the_feed(api: ApiClient, workspace_api: WorkspaceClient) -> None:
    found = api.get("/api/changes?limit=1000").json()["changes"]
    assert {change["definition"]["kind"] for change in found} >= {"object", "field", "option"}
    assert {change["action"] for change in found if change["definition"]} == {"defined"}
    theirs = workspace_api.get("/changes?limit=1000").json()["changes"]
    assert [change["definition"]["slug"] for change in theirs] == [
        change["definition"]["name"] for change in found
    ]


def test_a_request_that_waits_is_answered_when_its_time_is_up(
    api: ApiClient, workspace_api: WorkspaceClient, company: str
) -> None:
    for client, path in ((api, "/api/changes"), (workspace_api, "/changes")):
        after = client.get(f"{path}?after=now").json()["cursor"]
        answer = client.get(f"{path}?after={after}&wait=1")
        assert (answer.json()["changes"], answer.json()["more"]) == ([], False)
        assert "Retry-After" not in answer.headers
        # What is there is not waited for.
        assert client.get(f"{path}?wait=30&limit=1000").json()["changes"]


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("wait=31", "wait"),
        ("wait=-1", "wait"),
        ("after=", "after"),
        ("after=nothing", "after"),
        ("after=%C3%BC", "after"),
        ("after=" + "x" * 1001, "after"),
    ],
)
def test_wrong_parameters_are_refused_by_name(
    api: ApiClient, workspace_api: WorkspaceClient, query: str, at: str
) -> None:
    for answer in (api.get(f"/api/changes?{query}"), workspace_api.get(f"/changes?{query}")):
        assert answer.status_code == 400
        assert at in answer.content.decode()


def test_unknown_objects_are_refused(api: ApiClient, workspace_api: WorkspaceClient) -> None:
    answer = api.get("/api/changes?objects=company")
    assert (answer.status_code, answer.json()["code"]) == (400, "does_not_exist")
    for sent_types in ("987654321", "x", "-1", "9" * 19):
        answer = workspace_api.get(f"/changes?dataTypeIds={sent_types}")
        assert answer.status_code == 400
        assert "dataTypeIds" in answer.json()["error"]["message"]
    assert workspace_api.get("/changes?page=2").status_code == 400


def test_an_expired_cursor_is_gone(api: ApiClient, workspace_api: WorkspaceClient) -> None:
    for client, path in ((api, "/api/changes"), (workspace_api, "/changes")):
        after = client.get(f"{path}?after=now").json()["cursor"]
        FeedEpoch.objects.all().delete()
        answer = client.get(f"{path}?after={after}")
        assert answer.status_code == 410
        content = answer.json()
        assert content.get("error", content)["code"] == "cursor_expired"


def test_keys_without_the_scope_are_refused(workspace: Caller) -> None:
    _, secret = make_key(workspace.workspace, workspace.member, scopes=["datatypes:read"])
    caller = Caller(workspace.workspace, workspace.member, secret)
    assert ApiClient(caller).get("/api/changes").status_code == 403
    assert WorkspaceClient(caller).get("/changes").status_code == 403


def test_a_member_follows_their_own_records(
    workspace: Caller, api: ApiClient, company: str
) -> None:
    other = make_member(workspace, "own@example.com", {"companies": {"view": "own"}})
    client = ApiClient(other)
    after = client.get("/api/changes?after=now").json()["cursor"]
    api.patch(company, sent(owner={"id": str(other.member.uuid)}))
    api.patch(company, sent(owner=None))
    api.patch(company, sent(owner={"id": str(other.member.uuid)}))
    (came, _, again) = changes(client.get(f"/api/changes?after={after}"))
    assert (came["action"], again["action"], again["version"]) == ("created", "created", 4)


def test_archived_records_are_searched_when_asked(
    api: ApiClient, workspace_api: WorkspaceClient, workspace: Caller, company: str
) -> None:
    key = workspace.schema("companies").id
    api.delete(company)
    for body, query in (({"archived": True}, ""), ({}, "?archived=true")):
        found = api.post(f"/api/records/companies/search{query}", body).json()
        assert [row["id"] for row in found["results"]] == [company.rpartition("/")[2]]
    for body, query in (
        ({}, ""),
        ({"archived": False}, ""),
        ({"archived": True}, "?archived=false"),
    ):
        assert api.post(f"/api/records/companies/search{query}", body).json()["count"] == 0
    assert api.post("/api/records/companies/search", {"archived": "yes"}).status_code == 400
    assert api.post("/api/records/companies/search?archived=yes", {}).status_code == 400
    found = workspace_api.get(f"/data-types/{key}/records?archived=true").json()
    assert found["total"] == 1
    assert workspace_api.get(f"/data-types/{key}/records").json()["total"] == 0
