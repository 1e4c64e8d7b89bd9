"""Taking back what a call changed, and why things are changed."""

from __future__ import annotations

from typing import Any

import pytest

from .calling import Agent

HERE: dict[str, Any] = {"record_type": "companies"}


def last_operation(agent: Agent, record_id: str) -> str:
    history = agent.call("record_history", record_id=record_id, **HERE)["changes"]
    operation: str = history[0]["operation_id"]
    return operation


@pytest.fixture(autouse=True)
def _statements_name_their_workspace() -> None:
    """Not those of workers."""


def test_a_call_is_undone_and_redone(either: Agent) -> None:
    made = either.call("manage_record", action="upsert", data={"name": "A"}, reason="new", **HERE)
    either.call("manage_record", action="patch", record_id=made["id"], data={"name": "B"}, **HERE)
    changed = last_operation(either, made["id"])
    tried = either.call("undo_operation", operation_id=changed, dry_run=True, idempotency_key="k")
    assert (tried["action"], tried["counts"], "operation_id" in tried) == (
        "tried",
        {"updated": 1},
        False,
    )
    undone = either.call("undo_operation", operation_id=changed, reason="oops", idempotency_key="k")
    assert (undone["action"], undone["records"], undone["left"]) == ("undone", 1, [])
    history = either.call("record_history", record_id=made["id"], **HERE)["changes"]
    assert [change.get("reason") for change in history] == [
        f"Undo of operation {changed}: oops",
        None,
        "new",
    ]
    assert history[0]["operation_id"] == undone["operation_id"]
    redone = either.call("undo_operation", operation_id=undone["operation_id"])
    assert redone["action"] == "undone"
    got = either.call("manage_record", action="get", record_id=made["id"], **HERE)
    assert got["data"]["name"] == "B"


def test_what_was_changed_since_is_listed(agent: Agent) -> None:
    made = agent.call("manage_record", action="upsert", data={"name": "A"}, **HERE)
    creation = last_operation(agent, made["id"])
    agent.call("manage_record", action="patch", record_id=made["id"], data={"name": "B"}, **HERE)
    answer = agent.call("undo_operation", operation_id=creation)
    (left,) = answer["left"]
    assert (answer["action"], left["property"], left["value"], left["code"]) == (
        "unchanged",
        "name",
        "B",
        "changed_since",
    )
    assert left["changed_by"] == str(agent.caller.member.uuid)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"operation_id": "x"}, "VALIDATION_ERROR"),
        ({"operation_id": "01920000-0000-7000-8000-000000000001"}, "NOT_FOUND"),
        ({"operation_id": "x", "mode": "quick"}, "VALIDATION_ERROR"),
        ({}, "VALIDATION_ERROR"),
    ],
)
def test_what_is_no_operation_is_refused(agent: Agent, arguments: Any, code: str) -> None:
    result = agent.result("undo_operation", **arguments)
    assert result["structuredContent"]["error"]["code"] == code


def test_a_reason_is_checked(agent: Agent) -> None:
    result = agent.result(
        "manage_record", action="upsert", data={"name": "A"}, reason="a\nb", **HERE
    )
    assert "reason" in result["structuredContent"]["error"]["message"]
