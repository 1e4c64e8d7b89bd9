"""What it takes to give one record back what it had."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from records.services.storage.rows import RecordRow
from records.services.undoing.effects import Effect
from records.services.undoing.operation_rows import LedgerRow
from records.services.undoing.undo_plans import Planner, UndoMode
from tests.factories import Caller, FieldDefinition, make_field, make_object

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACTIVE, ARCHIVED, TRASH = "active", "archived", "deleted"


@pytest.fixture
def orders(workspace: Caller) -> Caller:
    make_object(workspace, "Orders", FieldDefinition("Amount", "integer"))
    return workspace


def write(state: str, cancelled: bool = False, changes: Any = None) -> LedgerRow:
    when = NOW if cancelled else None
    return LedgerRow(
        1, 1, 1, 2, "updated", "", state, when, "", None, None, None, None, changes or {}
    )


@pytest.mark.parametrize(
    ("before", "after", "now", "modes"),
    [
        (ACTIVE, ARCHIVED, ARCHIVED, ["unarchive"]),
        (ACTIVE, ARCHIVED, ACTIVE, []),
        (ACTIVE, TRASH, TRASH, ["restore"]),
        (ARCHIVED, ACTIVE, ACTIVE, ["archive"]),
        (TRASH, ACTIVE, ACTIVE, ["trash"]),
        (ACTIVE, ARCHIVED, TRASH, None),
        (ARCHIVED, TRASH, TRASH, ["restore", "archive"]),
        (TRASH, ARCHIVED, ARCHIVED, ["unarchive", "trash"]),
    ],
)
def test_states_go_back(orders: Caller, before: str, after: str, now: str, modes: Any) -> None:
    planner = Planner(orders.author, orders.schema("orders"), UndoMode.SAFE)
    effect = Effect([write(after)], [], write(before))
    plan = planner.plan(RecordRow(1, "u", {}, state=now), effect)
    if modes is None:
        assert [left.code for left in plan.left] == ["changed_since"]
    assert [request.mode.value for request in plan.requests()] == (modes or [])


@pytest.mark.parametrize(
    ("before", "after", "now", "modes"),
    [
        (ACTIVE, ARCHIVED, TRASH, ["restore"]),
        (ARCHIVED, ACTIVE, TRASH, ["restore", "archive"]),
        (TRASH, ACTIVE, ARCHIVED, ["unarchive", "trash"]),
    ],
)
def test_states_are_forced_back(
    orders: Caller, before: str, after: str, now: str, modes: Any
) -> None:
    planner = Planner(orders.author, orders.schema("orders"), UndoMode.FORCE)
    row = RecordRow(1, "u", {}, state=now)
    plan = planner.plan(row, Effect([write(after)], [], write(before)))
    assert [request.mode.value for request in plan.requests()] == modes
    assert not plan.left


def test_a_record_that_comes_back_is_cancelled_where_it_is_then(orders: Caller) -> None:
    planner = Planner(orders.author, orders.schema("orders"), UndoMode.SAFE)
    effect = Effect([write(ARCHIVED)], [], write(ACTIVE, True))
    plan = planner.plan(RecordRow(1, "u", {}, state=ARCHIVED), effect)
    assert [(request.mode.value, request.states) for request in plan.requests()] == [
        ("unarchive", None),
        ("cancel", {ACTIVE}),
    ]


def test_what_is_left_does_not_count_hidden_fields(orders: Caller) -> None:
    make_field(orders, "orders", "More", "integer")
    make_field(orders, "orders", "Most", "integer")
    schema = orders.schema("orders")
    keys = [str(schema.by_name[name].id) for name in ("amount", "more", "most")]
    role = replace(orders.author.role, hidden_fields=frozenset(map(int, keys)))
    blind = replace(orders.author, role=role)
    created = write(ACTIVE, changes={key: [None, 1] for key in keys})
    later = write(ACTIVE, changes={key: [1, 2] for key in keys})
    plan = Planner(blind, schema, UndoMode.SAFE).plan(
        RecordRow(1, "u", dict.fromkeys(keys, 2)), Effect([created], [later])
    )
    assert [(left.field_id, left.code) for left in plan.left] == [(None, "changed_since")]


def test_a_record_comes_back_before_it_is_changed_and_goes_after(orders: Caller) -> None:
    schema = orders.schema("orders")
    key = str(schema.by_name["amount"].id)
    planner = Planner(orders.author, schema, UndoMode.SAFE)
    away = Effect([write(ARCHIVED, True, {key: [1, 2]})], [], write(ACTIVE))
    gone = RecordRow(1, "u", {key: 2}, state=ARCHIVED, cancelled_at=NOW)
    modes = [request.mode.value for request in planner.plan(gone, away).requests()]
    assert modes == ["reopen", "unarchive", "update"]
    back = Effect([write(ACTIVE, False, {key: [1, 2]})], [], write(ARCHIVED, True))
    here = RecordRow(1, "u", {key: 2})
    modes = [request.mode.value for request in planner.plan(here, back).requests()]
    assert modes == ["update", "cancel", "archive"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (RecordRow(1, "u", {"0": 2}, state=ARCHIVED), "archived"),
        (RecordRow(1, "u", {"0": 2}, state=TRASH), "in_trash"),
        (RecordRow(1, "u", {"0": 2}, cancelled_at=NOW), "cancelled"),
        (RecordRow(1, "u", {"0": 3}), "changed_since"),
    ],
)
def test_what_cannot_be_changed_is_left(orders: Caller, row: RecordRow, code: str) -> None:
    schema = orders.schema("orders")
    key = str(schema.by_name["amount"].id)
    row.values = {key: row.values["0"]}
    effect = Effect([write(ACTIVE, False, {key: [1, 2]})], [], write(ACTIVE))
    plan = Planner(orders.author, schema, UndoMode.SAFE).plan(row, effect)
    assert [left.code for left in plan.left] == [code]
    assert plan.requests() == []
