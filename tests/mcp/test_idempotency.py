"""Writes of agents that carry an idempotency key."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Attachment, IdempotencyKey, Record
from tests.factories import Caller, make_object, make_record

from .calling import Agent

KEY = {"idempotency_key": "call-1"}


@pytest.fixture
def agent(workspace: Caller) -> Agent:
    make_object(workspace, "Notes")
    return Agent(workspace)


def upsert(agent: Agent, **arguments: Any) -> dict[str, Any]:
    return agent.call("manage_record", action="upsert", record_type="notes", **arguments)


def test_a_repeated_write_is_answered_as_the_first_one_was(agent: Agent) -> None:
    first = upsert(agent, data={"name": "A"}, **KEY)
    again = upsert(agent, data={"name": "A"}, **KEY)
    assert first == again
    assert first["action"] == "created"
    assert Record.objects.count() == 1


def test_a_key_is_for_one_call_alone(agent: Agent) -> None:
    upsert(agent, data={"name": "A"}, **KEY)
    error = agent.refusal(
        "manage_record", action="upsert", record_type="notes", data={"name": "B"}, **KEY
    )
    assert (error["code"], "Idempotency-Key" in error["message"]) == ("CONFLICT", True)
    assert Record.objects.count() == 1


def test_a_refused_write_frees_its_key(agent: Agent) -> None:
    call = {"action": "patch", "record_type": "notes", "external_id": "a", **KEY}
    assert agent.refusal("manage_record", data={"name": "B"}, **call)["code"] == "NOT_FOUND"
    upsert(agent, data={"name": "A"}, external_id="a")
    assert agent.call("manage_record", data={"name": "B"}, **call)["data"]["name"] == "B"
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "\u00e9"])
def test_a_key_that_cannot_be_kept_is_refused(agent: Agent, key: str) -> None:
    call = {"action": "upsert", "record_type": "notes", "data": {"name": "A"}}
    error = agent.refusal("manage_record", **call, idempotency_key=key)
    assert error["message"].startswith("idempotency_key: ")


@pytest.mark.parametrize(
    ("tool", "action"),
    [("manage_record", "get"), ("manage_attachment", "list"), ("manage_attachment", "upload")],
)
def test_what_writes_nothing_takes_no_key(agent: Agent, tool: str, action: str) -> None:
    uuid = make_record(agent.caller, "notes", name="A").record.uuid
    more = {"filename": "a.txt"} if action == "upload" else {}
    error = agent.refusal(tool, action=action, record_type="notes", record_id=uuid, **KEY, **more)
    assert error["message"] == f"idempotency_key: {action} does not take this argument; omit it."


def test_a_repeated_removal_of_a_file_is_answered_the_same(agent: Agent) -> None:
    made = make_record(agent.caller, "notes", name="A").record
    Attachment.objects.create(
        workspace=agent.caller.workspace, record_id=made.id, name="a.txt", size=1, file="a.txt"
    )
    call = {"action": "delete", "record_type": "notes", "record_id": made.uuid, **KEY}
    answers = [agent.call("manage_attachment", filename="a.txt", **call) for _ in range(2)]
    assert answers == [{"deleted": True, "filename": "a.txt"}] * 2
