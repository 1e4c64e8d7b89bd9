"""Webhooks over the Workspace API: its payload, its signature, its conditions."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from records.models import Webhook
from records.services.people.workspaces import create_api_key
from records.services.shaping.objects import archive_object
from records.services.webhooks.stopping import Stop, stop
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    change_record,
    make_member,
    make_object,
    make_record,
)
from tests.receiving import Receiver, deliver

from .calling import WorkspaceClient, ok, refused


@pytest.fixture(autouse=True)
def _statements_name_their_workspace() -> None:
    """Not those of workers."""


@pytest.fixture
def client(workspace: Caller) -> WorkspaceClient:
    make_object(workspace, "Cases", FieldDefinition("Size", "integer"))
    return WorkspaceClient(workspace)


def create(client: WorkspaceClient, receiver: Receiver, **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = ok(
        client.post("/webhooks", {"name": "Shop", "url": receiver.url, **given}), 201
    )
    return made


def test_a_webhook_has_the_documented_keys(
    client: WorkspaceClient, workspace: Caller, receiver: Receiver
) -> None:
    key = workspace.schema("cases").id
    made = create(
        client,
        receiver,
        events=["data_record:created"],
        dataTypeIds=[key],
        conditions="record.data.size > 3",
    )
    assert made.pop("secret").startswith("whsec_")
    assert set(made) == {
        *("id", "uuid", "name", "url", "events", "dataTypeIds", "conditions", "active"),
        *("stoppedReason", "createdAt"),
    }
    assert made["stoppedReason"] is None
    assert ok(client.get(f"/webhooks/{made['id']}")) == made
    assert ok(client.get("/webhooks"))["items"] == [made]
    changed = ok(client.put(f"/webhooks/{made['id']}", {"active": False, "conditions": None}))
    assert changed == {**made, "active": False, "conditions": None}
    rotated = ok(client.post(f"/webhooks/{made['id']}/rotate-secret"))
    assert rotated["secret"].startswith("whsec_")
    assert ok(client.delete(f"/webhooks/{made['id']}")) == {"status": "deleted"}
    refused(client.get(f"/webhooks/{made['id']}"), 404)


def test_a_filter_stays_when_what_it_names_is_archived(
    client: WorkspaceClient, workspace: Caller, receiver: Receiver
) -> None:
    key = workspace.schema("cases").id
    made = create(client, receiver, dataTypeIds=[key], conditions="record.data.size > 3")
    path = f"/webhooks/{made['id']}"
    archive_object(workspace.author, key)
    shown = ok(client.get(path))
    assert shown["dataTypeIds"] == [key]
    kept = {name: shown[name] for name in ("name", "url", "events", "dataTypeIds", "conditions")}
    assert ok(client.put(path, kept)) == shown
    refused(client.post("/webhooks", {**kept, "conditions": None}), 400)


def test_the_payload_and_the_signature_are_the_documented_ones(
    client: WorkspaceClient, workspace: Caller, receiver: Receiver
) -> None:
    made = create(client, receiver)
    record = make_record(workspace, "cases", name="One", size=1).record
    change_record(workspace, "cases", record.uuid, size=2)
    change_record(workspace, "cases", record.uuid, size=3)
    deliver()
    created, changed, _ = receiver.messages
    schema = workspace.schema("cases")
    assert created.content["event"] == "data_record:created"
    told = changed.content
    assert told["event"] == "data_record:updated"
    assert told["dataType"] == {"uuid": schema.uuid, "type": "Cases", "slug": "cases"}
    assert told["dataRecord"]["id"] == record.id
    assert told["dataRecord"]["version"] == 2
    assert told["dataRecord"]["fields"]["size"] == 2
    assert told["dataRecord"]["fields"]["name"] == "One"
    assert told["changes"] == {"size": {"old": 1, "new": 2}}
    assert told["eventRule"] == {"id": made["id"], "uuid": made["uuid"], "name": "Shop"}
    assert told["workspace"]["name"] == workspace.workspace.name
    assert "changes" not in created.content
    stamp, signature = changed.headers["x-webhook-signature"].split(",")
    signed = stamp.removeprefix("t=").encode() + b"." + changed.body
    expected = hmac.new(made["secret"].encode(), signed, hashlib.sha256).hexdigest()
    assert signature == f"v1={expected}"
    assert changed.verified(made["secret"]) == told


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("record.data.size > 3", [5]),
        ("record.data.size > 3 && member.name == 'Nobody'", []),
        ("now.year > 2000 && record.data.size in [1, 5]", [1, 5]),
        ("member.id == 0 || member.age == -1", [1, 5]),
        ("record.data.size", []),
    ],
)
def test_conditions_choose_what_is_told(
    client: WorkspaceClient,
    workspace: Caller,
    receiver: Receiver,
    condition: str,
    told: list[int],
) -> None:
    create(client, receiver, conditions=condition, events=["data_record:created"])
    for size in (1, 5):
        make_record(workspace, "cases", name=f"Size {size}", size=size)
    deliver()
    assert [each.content["dataRecord"]["fields"]["size"] for each in receiver.messages] == told


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"conditions": "record.data.size >"}, "Not a CEL expression"),
        ({"conditions": "record.data.nothing == 1"}, "there is no field 'nothing'"),
        ({"conditions": "member.collections.cases.count > 1"}, "member.collections is not known"),
        ({"conditions": "member.data.cases.size == 1"}, "member.data is not known"),
        ({"conditions": "[1].all(x, x > 0)"}, "Macros (all) are not supported"),
        ({"events": ["record.created"]}, "is not one of data_record:created"),
        ({"url": "http://shop.example.com/"}, "https://"),
        ({"url": "https://127.0.0.1/"}, "not allowed"),
        ({"dataTypeIds": [999999]}, "there is no data type"),
        ({"dataTypeIds": ["one"]}, "integer id"),
        ({"odd": 1}, "unknown keys"),
        ({"conditions": "1"}, "never true or false"),
    ],
)
def test_what_is_wrong_is_refused(client: WorkspaceClient, body: dict[str, Any], said: str) -> None:
    known = {"name": "Shop", "url": "https://shop.example.com/"}
    assert said in refused(client.post("/webhooks", {**known, **body}), 400)["message"]


def test_why_a_webhook_was_stopped_is_shown(
    client: WorkspaceClient, workspace: Caller, receiver: Receiver
) -> None:
    made = create(client, receiver, conditions="record.data.size > 3")
    stop(Webhook.objects.get(workspace=workspace.workspace), Stop.GONE)
    shown = ok(client.get(f"/webhooks/{made['id']}"))
    assert (shown["active"], shown["stoppedReason"]) == (False, "gone")
    other = ApiClient(workspace).get(f"/api/webhooks/{made['uuid']}").json()
    assert (other["stopped"], other["conditions"]) == ("gone", "record.data.size > 3")


def test_scopes_and_roles_are_asked_for(client: WorkspaceClient, workspace: Caller) -> None:
    other = WorkspaceClient(make_member(workspace, "other@example.com", {}))
    refused(other.get("/webhooks"), 403)
    _, secret = create_api_key(
        workspace.workspace, "Key", member=workspace.member, scopes=["webhooks:read"]
    )
    reader = WorkspaceClient(workspace, secret=secret)
    ok(reader.get("/webhooks"))
    refused(reader.post("/webhooks", {}), 403)


@pytest.mark.django_db(transaction=True)
def test_a_sample_of_the_payload_is_sent(client: WorkspaceClient, receiver: Receiver) -> None:
    made = create(client, receiver)
    answer = ok(client.post(f"/webhooks/{made['id']}/test"))
    assert answer["status"] == 204
    assert receiver.messages[0].content["event"] == "data_record:created"
    for query in ("dry_run", "dryRun"):
        refused(client.post(f"/webhooks/{made['id']}/test?{query}=true"), 400)
    refused(client.post(f"/webhooks/{made['id']}/test", idempotency_key="one"), 400)
    assert len(receiver.messages) == 1
    deliveries = ok(client.get(f"/webhooks/{made['id']}/deliveries"))
    assert deliveries["total"] == 0
