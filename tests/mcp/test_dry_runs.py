"""Agents try a write, and carry out just what they tried."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Record
from tests.factories import Caller, FieldDefinition, change_record, make_object, make_record
from tests.trying import digests

from .calling import Agent


@pytest.fixture
def ships(workspace: Caller) -> Agent:
    make_object(
        workspace, "Ships", FieldDefinition("Tons", "integer"), FieldDefinition("Flag", "text")
    )
    return Agent(workspace)


def patch(uuid: str, tons: int, **more: Any) -> dict[str, Any]:
    return {
        "action": "patch",
        "record_type": "ships",
        "record_id": uuid,
        "data": {"tons": tons},
        **more,
    }


def test_the_plan_of_a_dry_run_is_carried_out_once(ships: Agent, workspace: Caller) -> None:
    uuid = make_record(workspace, "ships", name="Boreas", tons=12).record.uuid
    before = digests()

    dry = ships.call("manage_record", **patch(uuid, 13, dry_run=True))

    assert digests() == before
    assert (dry["dry_run"], dry["version"], dry["data"]["tons"]) == (True, 2, 13)
    assert dry["changes"] == {"tons": {"old": 12, "new": 13}}
    (told,) = dry["effects"]["records"]
    assert (told["record_type"], told["record_id"], told["action"]) == ("ships", uuid, "updated")
    change_record(workspace, "ships", uuid, flag="it is about other fields")
    for _ in range(2):
        done = ships.call("manage_record", **patch(uuid, 13, plan=dry["plan"]))
        assert "dry_run" not in done
    assert Record.objects.get(uuid=uuid).version == 3


def test_a_plan_is_carried_out_once_whatever_the_key(ships: Agent, workspace: Caller) -> None:
    sent = {"record_type": "ships", "mode": "create", "items": [{"data": {"name": "Aurora"}}]}
    dry = ships.call("manage_records", **sent, dry_run=True)
    assert "operation_id" not in dry

    done = [
        ships.call("manage_records", **sent, plan=dry["plan"], **key)
        for key in ({"idempotency_key": "a"}, {"idempotency_key": "b"}, {})
    ]

    assert done[0] == done[1] == done[2]
    assert done[0]["operation_id"]
    assert Record.objects.count() == 1


def test_a_plan_that_no_longer_holds_is_told_with_the_fields(
    ships: Agent, workspace: Caller
) -> None:
    uuid = make_record(workspace, "ships", name="Boreas", tons=12).record.uuid
    dry = ships.call("manage_record", **patch(uuid, 13, dry_run=True))
    change_record(workspace, "ships", uuid, tons=99)

    error = ships.refusal("manage_record", **patch(uuid, 13, plan=dry["plan"]))

    assert error["code"] == "CONFLICT"
    assert error["details"] == {"reason": "plan_outdated", "fields": ["tons"]}
    assert Record.objects.get(uuid=uuid).version == 2


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"dry_run": "yes"}, "dry_run: expected a boolean"),
        ({"dry_run": True, "plan": "x"}, "plan: it is for the write itself"),
        ({"plan": "x"}, "plan: no plan of a dry run."),
        ({"action": "get", "data": None, "dry_run": True}, "dry_run: this call changes nothing"),
    ],
)
def test_what_is_no_dry_run_is_refused(
    ships: Agent, workspace: Caller, more: dict[str, Any], told: str
) -> None:
    uuid = make_record(workspace, "ships", name="Boreas").record.uuid

    error = ships.refusal("manage_record", **{**patch(uuid, 13), **more})

    assert told in error["message"]
    assert Record.objects.get(uuid=uuid).version == 1


def test_a_dry_run_uses_up_no_idempotency_key(ships: Agent) -> None:
    call: dict[str, Any] = {"action": "upsert", "record_type": "ships", "data": {"name": "Aurora"}}
    ships.call("manage_record", **call, idempotency_key="k", dry_run=True)

    assert ships.call("manage_record", **call, idempotency_key="k")["action"] == "created"
    assert Record.objects.count() == 1
