"""The same actions at random through both APIs: the same decisions, documents and ledger."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from records.models import Record
from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, OptionDefinition, make_member, make_object
from tests.mcp.calling import Agent

from .calling import WorkspaceClient

ACTIONS = 1000
GRANTS = {"create": True, "view": "own", "edit": "own", "remove": "none"}
VALUES: dict[str, list[Any]] = {
    "code": [None, "a", "b", "c", "d", 5, "x" * 300],
    "amount": [None, 1, 2.5, "3", "many", -1],
    "kind": [None, "Red", "blue", "Pink", 7],
    "topics": [None, [], ["One"], ["two", "One"], ["Three"], "One"],
    "paid": [None, True, False, "maybe"],
    "day": [None, "2024-02-29", "2023-02-29", ""],
    "clock": [None, "09:30", "9:30"],
    "total": [1],
    "secret": [None, "s"],
    "nothing": [1],
}
DECISIONS = {
    200: "done",
    201: "done",
    204: "done",
    400: "invalid",
    403: "refused",
    404: "missing",
    409: "taken",
}


@dataclass
class Side:
    """One object, changed through one API alone; `made` are its records in the order in which they
    were made."""

    name: str
    type_id: int
    made: list[Any] = field(default_factory=list)


def make_side(admin: Caller, label: str) -> Side:
    made = make_object(
        admin,
        label,
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Amount", "decimal", settings={"decimal_options": {"min_value": 0}}),
        FieldDefinition(
            "Kind", "dropdown", options=(OptionDefinition("Red"), OptionDefinition("Blue"))
        ),
        FieldDefinition(
            "Topics", "checkboxes", options=(OptionDefinition("One"), OptionDefinition("Two"))
        ),
        FieldDefinition("Paid", "checkbox"),
        FieldDefinition("Day", "date"),
        FieldDefinition("Clock", "time"),
        FieldDefinition(
            "Total",
            "formula",
            settings={"formula_options": {"expression": "record.data.amount * 2"}},
        ),
        FieldDefinition("Secret", "text"),
        identifier_field=None,
    )
    return Side(made.name, made.pk)


def act(caller: Caller, side: Side, api: str, action: str, at: int, values: dict[str, Any]) -> int:
    """Carry an action out through one of the APIs; the status of its answer."""
    theirs = side.made[at] if side.made else (0, "01920000-0000-7000-8000-000000000001")
    if api == "records":
        records, body = (
            ApiClient(caller),
            {"fields": [{"name": name, "value": value} for name, value in values.items()]},
        )
        path = f"/api/records/{side.name}"
        answer = {
            "create": lambda: records.post(f"{path}/add", body),
            "update": lambda: records.patch(f"{path}/{theirs[1]}", body),
            "read": lambda: records.get(f"{path}/{theirs[1]}"),
        }[action]()
    else:
        workspace, sent = WorkspaceClient(caller), {"fieldValues": values}
        path = f"/data-types/{side.type_id}/records"
        answer = {
            "create": lambda: workspace.post(path, sent),
            "update": lambda: workspace.put(f"{path}/{theirs[0]}", sent),
            "read": lambda: workspace.get(f"{path}/{theirs[0]}"),
        }[action]()
    if action == "create" and answer.status_code in (200, 201):
        newest = Record.objects.filter(object_id=side.type_id).latest("id")
        side.made.append((newest.pk, str(newest.uuid)))
    status: int = answer.status_code
    return status


def document(admin: Caller, side: Side, record: Record) -> dict[str, Any]:
    """A record's stored values by API name, options by name."""
    schema = admin.schema(side.name)
    shown = {}
    for key, value in record.values.items():
        spec = schema.by_id[int(key)]
        options = spec.options
        items = value if isinstance(value, list) else [value]
        named = (
            [options[item].name if item in options else item for item in items]
            if options
            else items
        )
        shown[spec.name] = named
    return shown


def ledger(admin: Caller, side: Side, record: Record) -> list[Any]:
    """What the ledger says of a record, fields by API name."""
    schema = admin.schema(side.name)
    rows = Record.history.filter(id=record.pk).order_by("version")
    return [
        (
            row.version,
            row.action,
            row.author,
            sorted(schema.by_id[int(key)].name for key in row.changes),
        )
        for row in rows
    ]


def test_a_thousand_actions_come_to_the_same(workspace: Caller) -> None:
    choose = random.Random(7)
    sides = {"records": make_side(workspace, "Lefts"), "workspace": make_side(workspace, "Rights")}
    hidden = [(side.name, "secret") for side in sides.values()]
    member = make_member(
        workspace,
        "member@example.com",
        {side.name: GRANTS for side in sides.values()},
        locked=hidden,
    )
    decisions: dict[str, int] = {}
    for turn in range(ACTIONS):
        caller = choose.choice([workspace, member, member])
        action = choose.choice(["create", "update", "update", "update", "read"])
        names = choose.sample(sorted(VALUES), choose.randint(0, 3))
        values = {name: choose.choice(VALUES[name]) for name in names}
        at = choose.randrange(len(sides["records"].made)) if sides["records"].made else 0

        told = {api: act(caller, side, api, action, at, values) for api, side in sides.items()}

        seen = {api: DECISIONS[status] for api, status in told.items()}
        assert seen["records"] == seen["workspace"], (turn, action, values, told)
        decisions[seen["records"]] = decisions.get(seen["records"], 0) + 1
    assert decisions.keys() >= {"done", "invalid", "missing"}

    left, right = sides["records"], sides["workspace"]
    assert len(left.made) == len(right.made)
    for (left_id, _), (right_id, _) in zip(left.made, right.made, strict=True):
        one, other = Record.objects.get(id=left_id), Record.objects.get(id=right_id)
        assert document(workspace, left, one) == document(workspace, right, other)
        assert ledger(workspace, left, one) == ledger(workspace, right, other)
        assert {row.source for row in Record.history.filter(id=left_id)} == {"records_api"}
        assert {row.source for row in Record.history.filter(id=right_id)} == {"workspace_api"}


pytestmark = pytest.mark.django_db


def test_all_apis_share_one_set_of_external_ids(workspace: Caller) -> None:
    type_id = make_object(workspace, "Notes").pk
    api, client, agent = ApiClient(workspace), WorkspaceClient(workspace), Agent(workspace)
    body = {"match_field": "external_id", "lookup_value": "n-1"}
    call = {"base_id": str(workspace.workspace.uuid), "record_type": "notes", "external_id": "n-1"}

    made = api.post(
        "/api/records/notes/upsert", {**body, "fields": [{"name": "name", "value": "A"}]}
    )
    again = client.post(f"/data-types/{type_id}/upsert/n-1", {"fieldValues": {"name": "A"}})
    read = agent.call("manage_record", action="get", **call)

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["id"] == again.json()["uuid"] == read["id"]
    assert again.json()["externalId"] == read["external_id"] == made.json()["external_id"] == "n-1"
