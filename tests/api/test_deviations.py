"""What docs/deviations.md says: where the APIs differ from the documented ones, they do it like
this."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.operations import restore_record
from tests.api.workspace.calling import WorkspaceClient
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    make_key,
    make_member,
    make_object,
    make_relation,
)
from tests.mcp.calling import Agent

from .reading import sent

# Documented, but not served: a JSON 404, so that clients notice.
NOT_SERVED = [
    "client",
    "company",
    "custom-objects/companies/uploader",
    "files",
    "v2/w/{workspace}/event-rules",
]
CLAUSES: list[dict[str, Any]] = [
    {"type": "activities", "subtype": "activity", "condition": "has", "ids": ["x"]},
    {"type": "forms_v2", "condition": "has_any", "ids": ["x"]},
    {"type": "variable", "condition": "=", "value": "x"},
]


@pytest.mark.parametrize("path", NOT_SERVED)
def test_what_is_not_served_is_a_404(api: ApiClient, workspace: Caller, path: str) -> None:
    answer = api.get(f"/api/{path.format(workspace=workspace.workspace.uuid)}")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("clause", CLAUSES)
def test_clauses_that_are_not_understood_are_refused(
    api: ApiClient, deals: str, clause: dict[str, Any]
) -> None:
    found = api.post(f"{deals}/search", {"query": [{"filters": [clause]}]})

    assert found.status_code == 400


def test_keys_that_are_not_understood_are_refused(
    api: ApiClient, company: str, companies: str, deals: str
) -> None:
    refused = [
        api.post(f"{companies}/add", {**sent(name="New"), "colour": "red"}),
        api.post(f"{companies}/search", {"colour": "red"}),
        api.post(
            "/api/custom-objects/companies/bulk-change-field-value",
            {"field_id": "employees", "field_value": 1, "entity_records_set_key": "7"},
        ),
    ]

    assert [answer.status_code for answer in refused] == [400] * 3


def test_an_upsert_that_would_not_converge_is_refused(api: ApiClient, companies: str) -> None:
    refused = api.post(f"{companies}/upsert", {"lookup_value": "A1", **sent(name="A2")})

    assert refused.status_code == 400


def test_views_need_neither_an_owner_nor_sharing(api: ApiClient, companies: str) -> None:
    sent: dict[str, Any] = {"name": "All", "config": {}, "owner": None}
    made = api.post("/api/custom-objects/companies/filter-groups", sent)

    assert made.status_code == 201
    assert made.json()["owner"] is not None
    assert made.json()["sharing_settings"]["all_team_members"] == 1


def test_layouts_are_not_created(api: ApiClient, companies: str) -> None:
    sent = {"name": "Another", "config": []}
    assert api.post("/api/custom-objects/companies/layouts", sent).status_code == 405


def test_jobs_end_as_done(api: ApiClient, company: str) -> None:
    job = api.post(
        "/api/custom-objects/companies/bulk-change-field-value",
        {
            "field_id": "employees",
            "field_value": 1,
            "record_ids": [company.rpartition("/")[2]],
            "send_email_notification": True,
        },
    )

    assert job.json()["status"] == "completed"


def test_put_leaves_the_far_side_alone(api: ApiClient, workspace: Caller, companies: str) -> None:
    make_object(workspace, "People")
    make_relation(workspace, "people", "Employer", "companies", "primary", "Staff")
    acme = api.post(f"{companies}/add", sent(name="Acme")).json()["id"]
    ada = api.post("/api/records/people/add", sent(name="Ada", employer=acme)).json()["id"]

    assert api.put(f"{companies}/{acme}", sent(name="Acme")).status_code == 200
    shown = api.get(f"/api/records/people/{ada}?field_names=employer").json()["fields"]
    assert [field["value"]["id"] for field in shown.values()] == [acme]


@pytest.fixture
def clerk(workspace: Caller) -> Caller:
    """Sees all orders and, of items, only those of their own."""
    make_object(workspace, "Items")
    make_object(workspace, "Orders", FieldDefinition("Marks", "dynamictags"))
    make_relation(workspace, "orders", "Parts", "items", "additional", "Orders")
    return make_member(
        workspace,
        "clerk@example.com",
        {
            "orders": {"create": True, "view": "own", "edit": "all"},
            "items": {"create": True, "view": "own", "edit": "own"},
        },
    )


def parts(caller: Caller, order: str) -> set[str]:
    shown = ApiClient(caller).get(f"/api/records/orders/{order}?field_names=parts").json()["fields"]
    return {item["id"] for field in shown.values() for item in field["value"] or []}


def test_a_list_leaves_links_that_the_caller_cannot_see(
    api: ApiClient, workspace: Caller, clerk: Caller
) -> None:
    unseen = api.post("/api/records/items/add", sent(name="Unseen")).json()["id"]
    own = ApiClient(clerk).post("/api/records/items/add", sent(name="Own")).json()["id"]
    made = sent(name="O1", parts=[own], owner=str(clerk.member.uuid))
    order = ApiClient(clerk).post("/api/records/orders/add", made).json()["id"]
    api.patch(f"/api/records/orders/{order}", sent(parts=[own, unseen]))
    agent = Agent(clerk)
    for write in (
        lambda: ApiClient(clerk).patch(f"/api/records/orders/{order}", sent(parts=[])).status_code,
        lambda: ApiClient(clerk).put(f"/api/records/orders/{order}", sent(name="O1")).status_code,
        lambda: agent.call("manage_record", action="upsert", record_type="orders",
                           record_id=order, data={"name": "O1"}) and 200,
    ):  # fmt: skip
        assert write() == 200
        assert parts(clerk, order) == set()
        assert parts(workspace, order) == {unseen}


def test_tags_are_told_to_those_who_see_a_record_with_them(
    api: ApiClient, workspace: Caller, clerk: Caller
) -> None:
    api.post("/api/records/orders/add", sent(name="O1", marks=["secret"]))
    ApiClient(clerk).post("/api/records/orders/add", sent(name="O2", marks=["mine"]))

    def told(caller: Caller) -> list[str]:
        answer = ApiClient(caller).get("/api/custom-objects/orders/fields").json()
        rows = answer if isinstance(answer, list) else answer["results"]
        (field,) = [row for row in rows if row["name"] == "marks"]
        return sorted(option["name"] for option in field["options"])

    assert told(workspace) == ["mine", "secret"]
    assert told(clerk) == ["mine"]


def test_what_an_agent_deletes_is_in_the_trash(workspace: Caller, clerk: Caller) -> None:
    agent = Agent(workspace)
    made = agent.call(
        "manage_record", action="upsert", record_type="orders", data={"name": "O1"},
        external_id="7", external_source="shop",
    )  # fmt: skip
    agent.call("manage_record", action="delete", record_type="orders", record_id=made["id"])

    restored = restore_record(workspace.author, workspace.schema("orders"), made["id"])

    assert restored.record.values
    shown = agent.call("manage_record", action="get", record_type="orders", record_id=made["id"])
    assert shown["data"]["name"] == "O1"


def test_a_key_of_the_workspace_acts_for_the_member_it_names(
    workspace: Caller, clerk: Caller
) -> None:
    _, secret = make_key(workspace.workspace, None)
    agent = Agent(Caller(workspace.workspace, clerk.member, secret))
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}

    assert agent.post(message).status_code == 403
    assert agent.post(message, X_USER_ID=str(clerk.member.uuid)).status_code == 200
    arguments = {
        "base_id": str(workspace.workspace.uuid), "action": "upsert", "record_type": "orders",
        "data": {"name": "Of the clerk"}, "external_id": "8", "external_source": "shop",
    }  # fmt: skip
    called = agent.request(
        "tools/call",
        {"name": "manage_record", "arguments": arguments},
        X_USER_ID=str(clerk.member.uuid),
    )
    made = called["result"]["structuredContent"]["id"]
    history = ApiClient(workspace).get(f"/api/records/orders/{made}/history").json()
    assert "clerk@example.com" in str(history)


def test_an_archived_record_gives_its_name_to_the_new_one_of_its_external_id(
    workspace: Caller, clerk: Caller
) -> None:
    agent = Agent(workspace)
    asked: dict[str, Any] = {
        "action": "upsert", "record_type": "orders", "data": {"name": "O1"},
        "external_id": "9", "external_source": "shop",
    }  # fmt: skip
    old = agent.call("manage_record", **asked)["id"]
    archive(workspace, "orders", old)

    new = agent.call("manage_record", **asked)["id"]

    def name_of(record: str) -> str:
        shown = agent.call("manage_record", action="get", record_type="orders", record_id=record)
        name: str = shown["data"]["name"]
        return name

    assert new != old
    assert name_of(new) == "O1"
    assert name_of(old).startswith("O1 (archived ")


def test_patterns_run_in_linear_time(client: WorkspaceClient) -> None:
    field = {"name": "Code", "fieldType": "text", "pattern": "(?=a)b"}

    assert client.post("/data-types", {"name": "Codes", "fields": [field]}).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Number", "fieldType": "text", "isExternalId": True},
        {"name": "Sum", "fieldType": "formula", "expression": "[1, 2].map(x, x)[0]"},
    ],
    ids=["external id", "macro"],
)
def test_definitions_that_are_refused(client: WorkspaceClient, change: dict[str, Any]) -> None:
    fields = [{"name": "Code", "fieldType": "text"}]
    type_id = client.post("/data-types", {"name": "Codes", "fields": fields}).json()["id"]
    client.post(f"/data-types/{type_id}/records", {"fieldValues": {"code": "a"}})

    changed = client.put(f"/data-types/{type_id}", {"fields": [change]})
    assert changed.status_code in (400, 409)


def test_every_field_is_indexed_and_tasks_are_only_numbers(client: WorkspaceClient) -> None:
    field = {"name": "Code", "fieldType": "text", "shouldIndex": False}
    made = client.post("/data-types", {"name": "Codes", "fields": [field]}).json()
    records = f"/data-types/{made['id']}/records"
    body = {"fieldValues": {"code": "a"}, "assignmentTaskId": 987654321}

    assert {row["slug"]: row["shouldIndex"] for row in made["fields"]}["code"] is False
    assert client.post(records, body).json()["assignmentTaskId"] == 987654321
    assert client.get(records, {"code": "a"}).json()["total"] == 1


def test_keys_with_read_scopes_alone_write_nothing(
    workspace: Caller, client: WorkspaceClient
) -> None:
    type_id = client.post("/data-types", {"name": "Codes"}).json()["id"]
    _, secret = make_key(workspace.workspace, workspace.member, scopes=["records:read"])
    reader = WorkspaceClient(workspace, secret=secret)

    assert reader.post(f"/data-types/{type_id}/records", {"fieldValues": {}}).status_code == 403


@pytest.fixture
def client(workspace: Caller) -> WorkspaceClient:
    """The Workspace API, called by the workspace's admin."""
    return WorkspaceClient(workspace)
