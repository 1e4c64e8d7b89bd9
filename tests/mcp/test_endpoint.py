"""The address of the MCP server: who may call, and what becomes of messages that are none."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.test import Client
from pytest_django import Settings

from records.models import Member
from records.services.catalogue.versions import touch
from records.services.people.workspaces import revoke_api_key
from tests.factories import Caller, make_key, make_member, make_workspace

from .calling import MODERN, Agent

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def with_key(caller: Caller, secret: str) -> Agent:
    return Agent(Caller(caller.workspace, caller.member, secret))


# ---------------------------------------------------------------- who calls


@pytest.mark.parametrize(
    "sent", ["", "Basic abc", "Bearer", "Bearer ", "Bearer a b", "Bearer nobody's", "bearer é"]
)
def test_a_caller_without_a_good_key_is_told_how_to_send_one(agent: Agent, sent: str) -> None:
    response = agent.post(PING, Authorization=sent)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")
    assert "key" in response.json()["error"]["message"]


def test_the_scheme_may_be_written_in_any_case(agent: Agent) -> None:
    assert agent.post(PING, Authorization=f"bEARER {agent.caller.secret}").json() == {
        "jsonrpc": "2.0",
        "id": 1,
        "result": {},
    }


def test_revoked_and_expired_keys_are_refused_with_the_next_message(base: Caller) -> None:
    key, secret = make_key(base.workspace, base.member)
    expired = make_key(
        base.workspace, base.member, expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )[1]
    agent = with_key(base, secret)
    assert agent.post(PING).status_code == 200
    revoke_api_key(key)
    assert agent.post(PING).status_code == with_key(base, expired).post(PING).status_code == 401


def test_the_key_of_a_member_who_left_is_refused(base: Caller) -> None:
    agent = Agent(make_member(base, "left@example.com"))
    assert agent.post(PING).status_code == 200
    Member.objects.filter(workspace=base.workspace, id=agent.caller.member.id).update(
        is_active=False
    )
    touch(base.workspace.id)
    assert agent.post(PING).status_code == 401


def test_a_key_of_nobody_acts_for_the_member_a_header_names(base: Caller) -> None:
    agent = with_key(base, make_key(base.workspace, None)[1])
    stranger = make_workspace("Other", "other@example.com")
    assert agent.post(PING).status_code == 403
    assert "X-USER-ID" in agent.post(PING).json()["error"]["message"]
    assert agent.post(PING, X_User_Id=str(stranger.member.uuid)).status_code == 403
    assert agent.post(PING, X_User_Id="me").status_code == 400
    agent.headers["X-User-Id"] = str(base.member.uuid)
    made = agent.call(
        "manage_record", action="upsert", record_type="companies", data={"name": "Acme"}
    )
    assert made["data"]["owner"] == str(base.member.uuid)


def test_a_members_key_speaks_for_no_other_member(agent: Agent) -> None:
    other = make_member(agent.caller, "other@example.com")
    assert agent.post(PING, X_User_Id=str(other.member.uuid)).status_code == 403
    assert agent.post(PING, X_User_Id=str(agent.caller.member.uuid)).status_code == 200
    refused = agent.post(PING, X_Acting_Member=str(other.member.uuid))
    assert refused.status_code == 403
    assert "X-Acting-Member" in refused.json()["error"]["message"]


def test_a_key_that_may_not_read_records_is_told_which_scope_it_lacks(base: Caller) -> None:
    secret = make_key(base.workspace, base.member, scopes=["webhooks:admin"])[1]
    response = with_key(base, secret).post(PING)
    assert response.status_code == 403
    assert (
        'error="insufficient_scope", scope="records:read"' in response.headers["WWW-Authenticate"]
    )


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://testserver", "http://testserver:81"]
)
def test_pages_of_other_sites_may_not_call(agent: Agent, origin: str) -> None:
    response = agent.post(PING, Origin=origin)
    assert response.status_code == 403
    assert "WWW-Authenticate" not in response.headers


def test_pages_of_ours_and_of_trusted_sites_may_call(agent: Agent, settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://desk.example"]
    for origin in ("http://testserver", "https://desk.example"):
        assert agent.post(PING, Origin=origin).status_code == 200


# ---------------------------------------------------------------- what is sent


@pytest.mark.parametrize("method", ["get", "delete", "put", "patch"])
def test_there_are_no_streams_and_no_sessions(method: str, db: None) -> None:
    response = getattr(Client(), method)("/mcp")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


def test_a_trailing_slash_does_not_matter(agent: Agent) -> None:
    sent = {"Authorization": f"Bearer {agent.caller.secret}", "Accept": "application/json"}
    response = Client().post("/mcp/", PING, content_type="application/json", headers=sent)
    assert response.json()["result"] == {}


NO_MESSAGES: list[bytes] = [
    b"",
    b"null",
    b"1",
    b'"text"',
    b"[]",
    b"{}",
    b"{",
    b'{"jsonrpc": "2.0", "id": NaN, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": Infinity}}',
    b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": 5}',
    b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": {}, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": null, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": 1, "method": 5}',
    b'{"jsonrpc": "2.0", "id": 1, "method": "ping\\ud800"}',
    b"\xff\xfe{}",
    b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\x00',
    orjson.dumps([PING, PING]),
    b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": '
    + b"[" * 100_000
    + b"]" * 100_000
    + b"}",
    b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": '
    + b'{"a":' * 70
    + b"1"
    + b"}" * 70
    + b"}",
]


@pytest.mark.parametrize("body", NO_MESSAGES, ids=lambda body: repr(body[:60]))
def test_what_is_no_message_is_refused_in_json(either: Agent, body: bytes) -> None:
    response = either.post(body)
    assert response.status_code == 400
    error = orjson.loads(response.content)["error"]
    assert error["code"] in (-32700, -32600, -32602)


PARAMS: list[Any] = [
    {},
    {"name": None},
    {"name": 5},
    {"name": "no such tool"},
    {"name": "manage_record\x00"},
    {"name": "manage_record", "arguments": []},
    {"name": "manage_record", "arguments": "x"},
    {"name": "manage_record", "arguments": {"base_id": 2**70}},
    {"name": "manage_record", "_meta": 5},
    {"name": "manage_record", "_meta": {"progressToken": {}}},
]


@pytest.mark.parametrize("params", PARAMS, ids=repr)
@pytest.mark.parametrize(
    "method", ["tools/call", "tools/list", "initialize", "server/discover", "no/such", ""]
)
def test_no_request_is_a_failure_of_ours(
    either: Agent, method: str, params: Any, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    response = either.post(body, Mcp_Method=method, Mcp_Name="manage_record")
    assert response.status_code < 500
    answer = response.json()
    assert "result" in answer or answer["error"]["code"] != -32603
    assert not [entry for entry in caplog.records if entry.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    "method", ["subscriptions/listen", "resources/list", "prompts/list", "logging/setLevel"]
)
def test_what_this_server_does_not_offer_is_said_to_be_missing(either: Agent, method: str) -> None:
    answer = either.request(method, {"notifications": {}, "level": "error"})
    assert answer["error"]["code"] == -32601


def test_notifications_are_taken_and_come_to_nothing(either: Agent) -> None:
    response = either.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (response.status_code, response.content) == (202, b"")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Accept": "text/html"}, 406),
        ({"Accept": "application/json"}, 200),
        ({"Accept": "*/*"}, 200),
        ({"MCP_Protocol_Version": "1999-01-01"}, 400),
        ({"MCP_Protocol_Version": ""}, 200),
        ({"Mcp_Session_Id": "made-up"}, 200),
    ],
    ids=repr,
)
def test_headers_that_matter(agent: Agent, headers: dict[str, str], status: int) -> None:
    assert agent.post(PING, **headers).status_code == status


def test_a_body_of_another_kind_is_refused(agent: Agent) -> None:
    response = Client().post("/mcp", b"<x/>", content_type="text/xml", headers=agent.headers)
    assert response.status_code == 400


def test_more_than_the_server_reads_is_refused(agent: Agent, settings: Settings) -> None:
    settings.RECORDS_MAX_BODY = 1000
    response = agent.post(PING | {"params": {"padding": "x" * 1000}})
    assert response.status_code == 413


def test_the_handshake_agrees_on_a_version(base: Caller) -> None:
    for asked, agreed in (
        ("2025-03-26", "2025-03-26"),
        ("2025-11-25", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ):
        params = {
            "protocolVersion": asked,
            "capabilities": {},
            "clientInfo": {"name": "a", "version": "1"},
        }
        result = Agent(base, "").request("initialize", params)["result"]
        assert result["protocolVersion"] == agreed
        assert result["capabilities"] == {"tools": {"listChanged": False}}
        assert result["serverInfo"]["name"] == "records"
        assert "list_record_types" in result["instructions"]


def test_the_stateless_era_says_what_it_serves(base: Caller) -> None:
    result = Agent(base, MODERN).request("server/discover")["result"]
    assert MODERN in result["supportedVersions"]
