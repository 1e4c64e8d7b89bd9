"""`manage_records` writes many records in one call, and says little."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Record
from tests.factories import Caller, FieldDefinition, make_object, make_record

from .calling import Agent


@pytest.fixture
def ships(workspace: Caller) -> Agent:
    make_object(workspace, "Ships", FieldDefinition("Tons", "integer"))
    return Agent(workspace)


def write(agent: Agent, mode: str, *items: Any, **more: Any) -> dict[str, Any]:
    return agent.call("manage_records", record_type="ships", mode=mode, items=[*items], **more)


def named(*names: str) -> list[dict[str, Any]]:
    return [{"data": {"name": name}} for name in names]


def test_each_mode(ships: Agent) -> None:
    made = write(ships, "create", *named("Aurora", "Boreas"))
    assert made["created"] == 2
    assert [(row["item"], row["action"], row["version"]) for row in made["results"]] == [
        (0, "created", 1),
        (1, "created", 1),
    ]
    first, second = (row["id"] for row in made["results"])

    patched = write(ships, "patch", {"record_id": first, "data": {"tons": 12}})
    assert patched["updated"] == 1
    item = {"lookup_value": "Boreas", "external_id": "b", "data": {"tons": 1}}
    assert write(ships, "upsert", item)["updated"] == 1
    updated = write(ships, "update", {"external_id": "b", "data": {"name": "Notus"}})
    assert updated["results"][0]["id"] == second
    assert write(ships, "archive", {"record_id": first})["archived"] == 1
    assert Record.objects.get(uuid=second).version == 3


def test_stop_stores_nothing_and_says_what_is_wrong(ships: Agent) -> None:
    items = [*named("Aurora"), {"data": {"name": "Boreas", "tons": "heavy"}}]

    error = ships.refusal("manage_records", record_type="ships", mode="create", items=items)

    assert error["code"] == "VALIDATION_ERROR"
    assert error["message"].startswith("Nothing was stored: 1 of 2 items were refused. items[1]:")
    assert "data.tons:" in error["message"]
    assert not Record.objects.exists()


def test_continue_stores_what_can_be_stored(ships: Agent) -> None:
    answer = write(
        ships, "create", *named("Aurora"), {"data": {"tons": "x"}}, {"x": 1}, on_error="continue"
    )

    assert (answer["created"], answer["refused"]) == (1, 2)
    assert [row["action"] for row in answer["results"]] == ["created", "refused", "refused"]
    assert "unknown keys 'x'" in answer["results"][2]["error"]["message"]


NO_OBJECTS = [5, None, "x", True, [1], "[1]", 1.5]


@pytest.mark.parametrize("item", NO_OBJECTS, ids=repr)
def test_an_item_that_is_no_object_is_refused_in_its_place(ships: Agent, item: Any) -> None:
    items = [*named("Aurora"), item]
    error = ships.refusal("manage_records", record_type="ships", mode="create", items=items)
    assert error["message"].startswith("Nothing was stored: 1 of 2 items were refused. items[1]: ")
    assert "expected an object with data, not a" in error["message"]
    answer = write(ships, "create", *items, on_error="continue")
    assert (answer["created"], answer["refused"]) == (1, 1)
    assert answer["results"][1]["error"]["code"] == "invalid"


@pytest.mark.parametrize(
    ("mode", "item", "told"),
    [
        ("create", {"record_id": "x", "data": {"name": "a"}}, "record_id: names a record"),
        ("update", {"lookup_value": "a"}, "data: this key is required"),
        ("create", {"expected_version": 1, "data": {"name": "a"}}, "expected_version:"),
        ("patch", {"record_id": 5}, "record_id: expected a string."),
        ("patch", {"expected_version": "1"}, "expected_version: expected the number"),
        ("create", {"data": [1]}, "data: expected an object"),
        ("create", {"external_source": "crm", "data": {"name": "a"}}, "external_source: says"),
        ("patch", {"data": {"name": "a"}}, "name the record by"),
    ],
)
def test_what_is_wrong_is_told_in_the_words_of_the_tool(
    ships: Agent, mode: str, item: Any, told: str
) -> None:
    error = ships.refusal("manage_records", record_type="ships", mode=mode, items=[item])

    assert told in error["message"]


def test_of_many_items_only_the_refused_ones_are_told(ships: Agent, workspace: Caller) -> None:
    make_record(workspace, "ships", name="Ship 7")
    items = named(*(f"Ship {at}" for at in range(150)))

    answer = write(ships, "create", *items, on_error="continue")

    assert (answer["created"], answer["refused"]) == (149, 1)
    assert [row["item"] for row in answer["results"]] == [7]


def test_limits(ships: Agent) -> None:
    for items, told in (
        ([], "items: send at least one item."),
        (named(*("x" * 1001)), "items: at most 1000 entries."),
        (["x"], "items[0]: expected an object with data, not a string."),
    ):
        error = ships.refusal("manage_records", record_type="ships", mode="create", items=items)
        assert told in error["message"]


def test_a_repeated_call_writes_once(ships: Agent) -> None:
    first, again = (write(ships, "create", *named("Aurora"), idempotency_key="k") for _ in range(2))

    assert first == again
    assert Record.objects.count() == 1


def test_a_dry_run_and_its_plan(ships: Agent) -> None:
    dry = write(ships, "create", *named("Aurora", "Boreas"), dry_run=True)
    assert (dry["dry_run"], dry["created"], dry["effects"]["record_count"]) == (True, 2, 2)
    assert not Record.objects.exists()

    for _ in range(2):  # a plan is carried out once
        assert write(ships, "create", *named("Aurora", "Boreas"), plan=dry["plan"])["created"] == 2
    assert Record.objects.count() == 2
