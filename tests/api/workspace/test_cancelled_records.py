"""A patch of a cancelled record that changes nothing is unchanged in every API, any other one is a
conflict."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Member, Record
from records.services.operations import cancel_record
from records.services.reading import Address
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_member,
    make_object,
    make_record,
)
from tests.mcp.calling import Agent
from tests.services.acting import differences

from .calling import WorkspaceClient

APIS = ("records", "workspace", "agents")
OWN: dict[str, Any] = {"note": "first", "size": 3, "kind": "Red"}


@pytest.fixture
def uuid(workspace: Caller) -> str:
    """A record that is cancelled."""
    make_object(
        workspace,
        "Orders",
        FieldDefinition("Note", "text"),
        FieldDefinition("Size", "integer"),
        FieldDefinition("Kind", "dropdown", options=(OptionDefinition("Red"),)),
    )
    made = make_record(workspace, "orders", name="O1", **OWN).record.uuid
    cancel_record(workspace.author, workspace.schema("orders"), Address(made))
    return made


def patch(
    caller: Caller, api: str, uuid: str, values: dict[str, Any], member: Member | None = None
) -> str:
    """What comes of a patch: `unchanged`, or `conflict`."""
    if api == "agents":
        result = Agent(caller).result(
            "manage_record",
            action="patch",
            record_type="orders",
            record_id=uuid,
            data=values,
            **({} if member is None else {"member_id": str(member.uuid)}),
        )
        content = result["structuredContent"]
        return str(content.get("action") or content["error"]["code"]).lower()
    if api == "records":
        fields = [{"name": name, "value": value} for name, value in values.items()]
        answer = ApiClient(caller).patch(
            f"/api/records/orders/{uuid}",
            {"fields": fields},
        )
    else:
        key = Record.objects.get(uuid=uuid).pk
        schema = caller.schema("orders")
        answer = WorkspaceClient(caller).put(
            f"/data-types/{schema.id}/records/{key}",
            {"fieldValues": values} | ({} if member is None else {"memberId": member.pk}),
        )
    return {200: "unchanged", 409: "conflict"}[answer.status_code]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (OWN, "unchanged"),
        ({"note": "first"}, "unchanged"),
        ({"size": 3}, "unchanged"),
        ({"note": "second"}, "conflict"),
        ({"note": None}, "conflict"),
        ({"note": "first", "size": 4}, "conflict"),
    ],
)
def test_a_patch_that_changes_nothing_is_unchanged(
    workspace: Caller, uuid: str, api: str, values: dict[str, Any], expected: str
) -> None:
    before = Record.objects.values().get(uuid=uuid)

    assert patch(workspace, api, uuid, values) == expected

    assert Record.objects.values().get(uuid=uuid) == before
    assert differences(workspace) == []


@pytest.mark.parametrize("api", ["workspace", "agents"])
def test_another_member_is_a_change(workspace: Caller, uuid: str, api: str) -> None:
    before = Record.objects.values().get(uuid=uuid)
    member = make_member(workspace, "ann@example.com").member

    assert patch(workspace, api, uuid, {"note": "first"}, member) == "conflict"

    assert Record.objects.values().get(uuid=uuid) == before
