"""Agents and records that live elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import ExternalSource, Record
from tests.factories import Caller
from tests.mcp.calling import LEGACY, MODERN, Agent

from .upstream import Upstream


@pytest.fixture(params=[LEGACY, MODERN])
def agent(request: pytest.FixtureRequest, admin: Caller, source: ExternalSource) -> Agent:
    return Agent(admin, request.param)


def act(agent: Agent, action: str, **arguments: Any) -> dict[str, Any]:
    result = agent.result("manage_record", action=action, record_type="things", **arguments)
    content: dict[str, Any] = result["structuredContent"]
    return content


def test_every_action_is_the_upstreams(agent: Agent, upstream: Upstream) -> None:
    made = act(agent, "upsert", data={"name": "Box", "colour": "Blue", "price": 2})
    assert (made["action"], made["external_id"], made["data"]["colour"]) == (
        "created",
        "T-1",
        "Blue",
    )
    assert act(agent, "upsert", external_id="A/1", data={"name": "Crate"})["external_id"] == "A/1"
    patched = act(agent, "patch", external_id="A/1", data={"amount": 4})
    assert patched["data"] == {"name": "Crate", "amount": 4}
    for named in (
        {"external_id": "A/1"},
        {"record_id": patched["id"]},
        {"record_id": patched["id"], "external_id": "A/1"},
    ):
        assert act(agent, "get", **named)["data"]["name"] == "Crate"
    assert (
        act(agent, "get", record_id=patched["id"], external_id="T-1")["error"]["code"] == "CONFLICT"
    )
    found = agent.call(
        "query_records", record_type="things", filter={"field": "colour", "value": "Blue"}
    )
    assert [record["external_id"] for record in found["records"]] == ["T-1"]
    assert act(agent, "delete", external_id="A/1") == {"deleted": True, "id": patched["id"]}
    assert act(agent, "get", external_id="A/1")["error"]["code"] == "NOT_FOUND"
    assert not Record.objects.filter(workspace=agent.caller.workspace).exists()


def test_what_the_upstream_does_not_offer_and_how_it_fails_is_told(
    agent: Agent, upstream: Upstream, source: ExternalSource
) -> None:
    error = act(agent, "patch", external_id="A/1", data={"amount": 4}, expected_version=1)["error"]
    assert error["code"] == "EXTERNAL_CONFIG"
    assert "does not support" in error["message"]
    upstream.answer(503, {"error": "closed"})
    error = act(agent, "get", external_id="A/1")["error"]
    assert (error["code"], error["details"]["status"]) == ("EXTERNAL_ERROR", 503)


def test_records_are_read_by_ids_and_their_calls_by_the_upstreams_id(
    agent: Agent, upstream: Upstream
) -> None:
    made = act(agent, "upsert", external_id="A/1", data={"name": "Crate"})
    about = {"record_type": "things"}
    found = agent.call(
        "get_records", record_ids=[made["id"]], external_ids=["A/1", "gone"], **about
    )
    assert [record["data"]["name"] for record in found["records"]] == ["Crate"]
    assert found["missing"] == ["gone"]
    seen = len(upstream.seen)
    many = agent.refusal("get_records", external_ids=[f"T-{at}" for at in range(21)], **about)
    assert (many["code"], "more than 20" in many["message"]) == ("EXTERNAL_CONFIG", True)
    told = agent.call("record_history", external_id="A/1", **about)
    assert told["record_id"] == made["id"]
    assert told["total"] == len(told["changes"]) > 0
    for field, value in (("id", made["id"]), ("version", 1), ("member_id", "is_me")):
        condition = {"field": field, "op": "eq", "value": value}
        error = agent.refusal("query_records", filter=condition, **about)
        assert (error["code"], field in error["message"]) == ("EXTERNAL_CONFIG", True)
    for tool in ("unarchive_record", "manage_attachment"):
        more = {"action": "list"} if tool == "manage_attachment" else {}
        error = agent.refusal(tool, external_id="A/1", **more, **about)
        assert error["code"] == "EXTERNAL_CONFIG"
    assert len(upstream.seen) == seen


def test_what_was_read_is_sent_back_to_the_upstream(agent: Agent, upstream: Upstream) -> None:
    upstream.things["A/1"] = {"id": "A/1", "title": "Crate", "colour": "Red", "done": True}
    read = act(agent, "get", external_id="A/1")
    for action in ("patch", "upsert"):
        again = act(agent, action, external_id="A/1", data=read["data"])
        assert again["data"] == read["data"]
