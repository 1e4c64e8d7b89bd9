"""Records that live elsewhere, through the Workspace API."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from records.models import ExternalSource, Record
from records.services.external.ids import uuid_of
from tests.api.workspace.calling import WorkspaceClient, ok, refused
from tests.factories import Caller, make_key, make_member
from tests.mcp.calling import Agent

from .upstream import Upstream, reply


@pytest.fixture
def things(admin: Caller, source: ExternalSource) -> str:
    return f"/data-types/{admin.schema('things').id}/records"


@pytest.fixture
def client(admin: Caller) -> WorkspaceClient:
    return WorkspaceClient(admin)


def test_records_are_read_and_written_elsewhere(
    client: WorkspaceClient, upstream: Upstream, things: str
) -> None:
    made = ok(
        client.post(things, {"externalId": "7", "fieldValues": {"name": "Crate", "colour": "Red"}}),
        201,
    )
    assert (made["id"], made["externalId"], made["version"], made["memberId"]) == (7, "7", 0, None)
    assert upstream.things["7"] == {"id": "7", "title": "Crate", "colour": "Red"}

    read = client.get(f"{things}/7")
    assert ok(read)["fieldValues"]["colour"] == "Red"
    assert "ETag" not in read.headers
    assert (
        ok(client.put(f"{things}/7", {"fieldValues": {"amount": 4}}))["fieldValues"]["amount"] == 4
    )
    assert (
        ok(client.put(things, {"fieldValues": {"amount": 5}}, {"externalId": "7"}))["fieldValues"][
            "amount"
        ]
        == 5
    )

    upsert = things.replace("/records", "/upsert/A%2F1")
    assert ok(client.post(upsert, {"fieldValues": {"name": "Box"}}), 201)["id"] is None
    assert ok(client.post(upsert, {"fieldValues": {"name": "Box"}}))["externalId"] == "A/1"
    assert ok(client.get(f"{things}/7/changes"))["total"] >= 3

    ok(client.delete(f"{things}/7"))
    refused(client.get(f"{things}/7"), 404)
    assert not Record.objects.exists()


def test_lists_are_asked_elsewhere(
    client: WorkspaceClient, upstream: Upstream, things: str
) -> None:
    for at in range(3):
        upstream.things[str(at + 1)] = {
            "id": at + 1,
            "title": f"Box {at}",
            "colour": "Red" if at else "Blue",
        }
    assert [item["id"] for item in ok(client.get(things, {"pageSize": 2}))["items"]] == [1, 2]
    assert ok(client.get(things, {"colour": "Red"}))["total"] == 2
    assert ok(client.get(things, {"externalId": "3"}))["items"][0]["fieldValues"]["name"] == "Box 2"
    assert ok(client.get(things, {"externalId": "none"}))["items"] == []
    for query in (
        {"sortBy": "createdAt"},
        {"amount__gt": "3"},
        {"externalId": "3", "colour": "Red"},
    ):
        assert refused(client.get(things, query), 422)["code"] == "external_config"


def test_what_has_no_meaning_elsewhere_is_refused(
    client: WorkspaceClient, admin: Caller, upstream: Upstream, things: str
) -> None:
    body = {"fieldValues": {"name": "x"}}
    member = {**body, "memberId": admin.member.pk}
    many = {"records": [body] * 21, "partial": True}
    assert refused(client.post(things, member), 422)["code"] == "external_config"
    assert (
        refused(client.post(f"{things}/bulk", {"records": [body]}), 422)["code"]
        == "external_config"
    )
    assert refused(client.post(f"{things}/bulk", many), 422)["code"] == "external_config"
    for condition in ('"1"', "*"):
        for answer in (
            client.put(f"{things}/7", body, if_match=condition),
            client.put(things, body, {"externalId": "7"}, if_match=condition),
            client.delete(f"{things}/7", if_match=condition),
            client.post(things, body, if_match=condition),
        ):
            assert refused(answer, 422)["code"] == "external_config"
    assert not upstream.seen


def test_failures_are_told_with_their_outcome(
    client: WorkspaceClient, upstream: Upstream, things: str
) -> None:
    upstream.answer(500)
    error = refused(client.put(f"{things}/7", {"fieldValues": {"name": "x"}}), 424)
    assert (error["code"], error["details"]) == (
        "external_error",
        {"upstreamStatus": 500, "outcome": "unknown"},
    )


def test_nobody_owns_what_lives_elsewhere(admin: Caller, upstream: Upstream, things: str) -> None:
    upstream.things["7"] = {"id": "7"}
    nobody = make_member(admin, "nobody@example.com")
    reader = make_member(
        admin, "reader@example.com", {"things": {"create": True, "view": "all", "edit": "all"}}
    )
    narrow = make_key(admin.workspace, reader.member, scopes=["records:read"])[1]
    body = {"fieldValues": {"name": "x"}}
    for client in (WorkspaceClient(nobody), WorkspaceClient(reader, secret=narrow)):
        assert client.post(things, body).status_code == 403
        assert client.put(f"{things}/7", body).status_code in (403, 404)
    refused(WorkspaceClient(nobody).get(f"{things}/7"), 404)
    assert not upstream.seen
    ok(WorkspaceClient(reader).put(f"{things}/7", body))


@pytest.mark.parametrize(
    ("changed", "content"),
    [
        ("PATCH", None),
        ("PATCH", {}),
        ("PATCH", {"id": "7"}),
        ("PATCH", {"id": "7", "figures": {"amount": 4}}),
        ("cancel", None),
        ("cancel", {}),
        ("cancel", {"id": "7"}),
    ],
)
def test_what_an_answer_to_a_write_leaves_out_is_not_shown_as_blank(
    client: WorkspaceClient,
    admin: Caller,
    upstream: Upstream,
    things: str,
    content: Any,
    changed: str,
) -> None:
    thing = {"id": "7", "title": "Crate", "colour": "Red", "figures": {"amount": 3}}

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.command == "GET":
            thing["figures"] = {"amount": 4}
            return reply(handler, 200, json.dumps({"thing": thing}).encode())
        body = content if content is None or handler.command == "POST" else {"thing": content}
        return reply(
            handler, 200 if content else 204, json.dumps(body).encode() if content else b""
        )

    upstream.behaviour = answer
    if changed == "PATCH":
        said = ok(client.put(f"{things}/7", {"fieldValues": {"amount": 4}}))
        values = said["fieldValues"]
    else:
        key = uuid_of("7")
        said = Agent(admin).call(
            "manage_record", action="cancel", record_type="things", record_id=key
        )
        values = said["data"]
    shown = {name: values[name] for name in ("name", "colour", "amount")}
    assert shown == {"name": "Crate", "colour": "Red", "amount": 4}


def test_a_write_is_done_even_where_the_record_cannot_be_read_after_it(
    client: WorkspaceClient, upstream: Upstream, things: str
) -> None:
    upstream.behaviour = lambda handler: reply(
        handler, 500 if handler.command == "GET" else 204, b""
    )
    said = ok(client.put(f"{things}/7", {"fieldValues": {"amount": 4}}))
    assert said["fieldValues"]["amount"] == 4


def test_a_list_of_an_error_is_neither_empty_nor_a_blank_record(
    client: WorkspaceClient, upstream: Upstream, things: str
) -> None:
    for content in (
        {"things": [], "error": "overloaded"},
        {"things": [{"id": "7", "error": "gone"}]},
    ):
        upstream.answer(200, content)
        assert refused(client.get(things), 424)["code"] == "external_error"
    found = [{"id": "7", "title": "A", "error": "a field of theirs"}]
    upstream.answer(200, {"things": found, "meta": {"total": 1}})
    assert ok(client.get(things))["items"][0]["fieldValues"]["name"] == "A"
