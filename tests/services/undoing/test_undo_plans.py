"""What it takes to give one record back what it had."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from records.services.storage.rows import RecordRow
from records.services.undoing.effects import Effect
from records.services.undoing.operation_rows import LedgerRow
from records.services.undoing.undo_plans import Planner, UndoMode
from tests.factories import Caller, FieldDefinition, make_object

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
    ],
)
def test_states_go_back(orders: Caller, before: str, after: str, now: str, modes: Any) -> None:
    planner = Planner(orders.author, orders.schema("orders"), UndoMode.SAFE)
    effect = Effect([write(after)], [], write(before))
    plan = planner.plan(RecordRow(1, "u", {}, state=now), effect)
    if modes is None:
        assert [left.code for left in plan.left] == ["changed_since"]
    assert [request.mode.value for request in plan.requests()] == (modes or [])


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
