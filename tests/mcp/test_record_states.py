"""What each action does to a live, a cancelled, an archived and a deleted record: the contract's
table, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from records.models import Record
from tests.factories import Caller, FieldDefinition, archive, make_object
from tests.services.acting import differences

from .calling import Agent

KEY = {"external_id": "order-7", "external_source": "shop"}
NAME = {"name": "Order 7"}
NEW = {"name": "Order 7, changed"}
STATES = ("live", "cancelled", "archived", "deleted")
Prepared = Callable[[str], str]


@pytest.fixture
def agent(workspace: Caller) -> Agent:
    make_object(workspace, "Orders", FieldDefinition("Note", "text"))
    return Agent(workspace)


def act(agent: Agent, action: str, **arguments: Any) -> dict[str, Any]:
    """What `manage_record` answers: the content, or the error with `error` as its key."""
    result = agent.result("manage_record", action=action, record_type="orders", **arguments)
    content: dict[str, Any] = result["structuredContent"]
    assert result["isError"] is ("error" in content)
    return content


@pytest.fixture
def record(agent: Agent) -> Prepared:
    """Makes a record in a state; its id."""

    def make(state: str) -> str:
        uuid: str = act(agent, "upsert", data=NAME | {"note": "first"}, **KEY)["id"]
        if state == "cancelled":
            assert act(agent, "cancel", record_id=uuid)["_cancelled"] is True
        elif state == "archived":
            archive(agent.caller, "orders", uuid)
        elif state == "deleted":
            assert act(agent, "delete", record_id=uuid) == {"deleted": True, "id": uuid}
        return uuid

    return make


def stored(agent: Agent, uuid: str) -> tuple[Any, ...]:
    row = Record.objects.get(workspace=agent.caller.workspace, uuid=uuid)
    return row.state, row.cancelled_at is not None, row.version, row.values


# action, what the call names the record by, and what comes of it: live, cancelled, archived,
# deleted
ROWS = [
    ("get", "record_id", ("get", "get", "get", "NOT_FOUND")),
    ("get", "external_id", ("get", "get", "get", "NOT_FOUND")),
    ("get", "both", ("get", "get", "get", "NOT_FOUND")),
    ("upsert", "external_id", ("updated", "CONFLICT", "created", "created")),
    ("upsert", "record_id", ("updated", "CONFLICT", "CONFLICT", "NOT_FOUND")),
    ("upsert", "both", ("updated", "CONFLICT", "CONFLICT", "NOT_FOUND")),
    ("patch", "external_id", ("updated", "CONFLICT", "NOT_FOUND", "NOT_FOUND")),
    ("patch", "record_id", ("updated", "CONFLICT", "CONFLICT", "NOT_FOUND")),
    ("patch", "both", ("updated", "CONFLICT", "CONFLICT", "NOT_FOUND")),
    ("cancel", "record_id", ("cancelled", "cancelled", "cancelled", "NOT_FOUND")),
    ("cancel", "external_id", ("cancelled", "cancelled", "cancelled", "NOT_FOUND")),
    ("delete", "record_id", ("deleted", "deleted", "CONFLICT", "NOT_FOUND")),
    ("delete", "external_id", ("deleted", "deleted", "CONFLICT", "NOT_FOUND")),
]
CELLS = [
    (action, by, state, outcomes[at])
    for action, by, outcomes in ROWS
    for at, state in enumerate(STATES)
]


@pytest.mark.parametrize(("action", "by", "state", "outcome"), CELLS)
def test_the_table_of_states(
    agent: Agent, record: Prepared, action: str, by: str, state: str, outcome: str
) -> None:
    uuid = record(state)
    before = stored(agent, uuid)
    named = ({} if by == "external_id" else {"record_id": uuid}) | (
        {} if by == "record_id" else KEY
    )
    data = {"data": NEW} if action in ("upsert", "patch") else {}
    answer = act(agent, action, **named, **data)

    if "error" in answer:
        assert answer["error"]["code"] == outcome
        assert stored(agent, uuid) == before
    elif outcome == "deleted":
        assert answer == {"deleted": True, "id": uuid}
        assert stored(agent, uuid)[0] == "deleted"
    else:
        assert answer["action"] == outcome
        CHECKS[outcome](agent, uuid, state, answer, before)
    assert not differences(agent.caller)


def _read(
    agent: Agent, uuid: str, state: str, answer: dict[str, Any], before: tuple[Any, ...]
) -> None:
    assert answer["id"] == uuid
    assert {key for key in answer if key.startswith("_")} == ({f"_{state}"} - {"_live"})
    assert (answer["external_id"], answer["external_source"]) == ("order-7", "shop")
    assert stored(agent, uuid) == before


def _updated(
    agent: Agent, uuid: str, state: str, answer: dict[str, Any], before: tuple[Any, ...]
) -> None:
    assert (answer["id"], answer["version"]) == (uuid, before[2] + 1)
    assert answer["data"]["name"] == NEW["name"]


def _created(
    agent: Agent, uuid: str, state: str, answer: dict[str, Any], before: tuple[Any, ...]
) -> None:
    assert (answer["version"], answer["external_id"], answer["external_source"]) == (
        1,
        "order-7",
        "shop",
    )
    assert answer["id"] != uuid
    assert stored(agent, uuid) == before
    assert act(agent, "get", **KEY)["id"] == answer["id"]


def _cancelled(
    agent: Agent, uuid: str, state: str, answer: dict[str, Any], before: tuple[Any, ...]
) -> None:
    """A record that is cancelled already gets no new history row; an archived one stays
    archived."""
    assert answer["id"] == uuid
    assert answer["_cancelled"] is True
    assert answer.get("_archived", False) is (state == "archived")
    version = before[2] + (state != "cancelled")
    assert stored(agent, uuid) == (before[0], True, version, before[3])


CHECKS = {"get": _read, "updated": _updated, "created": _created, "cancelled": _cancelled}


# ---------------------------------------------------------------- external ids


def test_an_upsert_by_external_id_is_idempotent_and_writes_all(agent: Agent) -> None:
    made = act(agent, "upsert", data=NAME | {"note": "first"}, **KEY)
    assert (made["action"], made["external_id"], made["external_source"]) == (
        "created",
        "order-7",
        "shop",
    )
    again = act(agent, "upsert", data=NAME | {"note": "first"}, **KEY)
    assert again == made | {"action": "unchanged"}
    cleared = act(agent, "upsert", data=NAME, **KEY)
    assert (cleared["id"], cleared["version"], "note" in cleared["data"]) == (made["id"], 2, False)


def test_sources_tell_equal_ids_apart(agent: Agent) -> None:
    ids = {
        act(agent, "upsert", external_id="7", data={"name": name}, **source_of(source))["id"]
        for name, source in (("none", ""), ("lower", "shop"), ("upper", "Shop"))
    }
    assert len(ids) == 3
    assert act(agent, "get", external_id="7")["data"]["name"] == "none"
    assert act(agent, "get", external_id="7", external_source="")["external_source"] is None


def source_of(source: str) -> dict[str, str]:
    return {"external_source": source} if source else {}


def test_ids_of_two_records_are_a_conflict(agent: Agent) -> None:
    first = act(agent, "upsert", data=NAME, **KEY)["id"]
    other = act(agent, "upsert", data={"name": "Other"}, external_id="other")["id"]
    nameless = act(agent, "upsert", data={"name": "Nameless"})["id"]
    for action in ("get", "patch", "upsert", "cancel", "delete"):
        data = {"data": {"name": "X"}} if action in ("upsert", "patch") else {}
        for uuid in (other, nameless):
            error = act(agent, action, record_id=uuid, **KEY, **data)["error"]
            assert error["code"] == "CONFLICT", action
            assert "different records" in error["message"]
    assert {act(agent, "get", record_id=uuid)["version"] for uuid in (first, other, nameless)} == {
        1
    }


def test_the_new_record_takes_the_name_of_the_archived_one(agent: Agent, record: Prepared) -> None:
    """The archived one keeps its values but for the name that it stood in the way with."""
    archived = record("archived")
    again = act(agent, "upsert", data=NAME | {"note": "second"}, **KEY)
    assert (again["action"], again["data"]["name"]) == ("created", NAME["name"])
    old = act(agent, "get", record_id=archived)
    assert (old["_archived"], old["data"]["note"]) == (True, "first")
    error = act(agent, "upsert", data={"name": old["data"]["name"]})["error"]
    assert (error["code"], archived in error["message"]) == ("VALIDATION_ERROR", True)


@pytest.mark.parametrize("action", ["patch", "cancel", "delete", "get"])
def test_an_unknown_external_id_is_not_found(agent: Agent, action: str) -> None:
    data: dict[str, Any] = {"data": {}} if action == "patch" else {}
    error = act(agent, action, external_id="nothing", external_source="shop", **data)["error"]
    assert error["code"] == "NOT_FOUND"
    assert error["message"].startswith(
        "external_id: there is no orders record 'nothing' of 'shop'; query_records"
    )


@pytest.mark.parametrize("action", ["cancel", "delete"])
def test_an_expected_version_guards_every_write(agent: Agent, action: str) -> None:
    uuid = act(agent, "upsert", data=NAME, **KEY)["id"]
    act(agent, "patch", record_id=uuid, data=NEW)
    assert act(agent, action, record_id=uuid, expected_version=1)["error"]["code"] == "CONFLICT"
    assert "error" not in act(agent, action, record_id=uuid, expected_version=2)
    assert act(agent, "upsert", data=NEW, **KEY, expected_version=1)["error"]["code"] == "CONFLICT"


@pytest.mark.parametrize(
    ("action", "arguments", "told"),
    [
        (
            "get",
            {"external_source": "shop"},
            "external_source: says where an external_id comes from",
        ),
        (
            "upsert",
            {"external_source": "shop", "data": {}},
            "external_source: says where an external_id comes from",
        ),
        ("get", {"external_id": "  "}, "external_id:"),
        ("get", {}, "record_id: get needs record_id or external_id."),
        ("patch", {"data": {}}, "record_id: patch needs record_id or external_id."),
        (
            "cancel",
            {"external_id": "x", "data": {}},
            "data: cancel does not take this argument; omit it.",
        ),
        (
            "delete",
            {"external_id": "x", "data": {}},
            "data: delete does not take this argument; omit it.",
        ),
        (
            "get",
            {"external_id": "x", "expected_version": 1},
            "expected_version: get does not take this argument",
        ),
        (
            "upsert",
            {"data": NAME, "expected_version": 1},
            "expected_version: there is no record yet; name one by",
        ),
    ],
)
def test_arguments_that_do_not_go_together_are_told(
    agent: Agent, action: str, arguments: dict[str, Any], told: str
) -> None:
    error = act(agent, action, **arguments)["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert told in error["message"]
