"""The row of one write: as many values as columns, each in its place."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from records.services.storage.ledger import LEDGER, ledger_row, value_changes
from records.services.storage.rows import LedgerRow, RecordRow, Stamp

NOW = datetime(2024, 1, 1, tzinfo=UTC)
STAMP = Stamp(1, 2, UUID(int=3), "api", 4, 5, 6, "request", "reason", NOW)
RECORD = RecordRow(
    7, str(UUID(int=8)), {}, version=9, state="archived", member_id=10, owner_id=11, external_id="x"
)


def row(stamp: Stamp, action: str) -> dict[str, Any]:
    entry = LedgerRow(RECORD, RECORD, action, {"1": [None, 2]})
    return dict(zip(LEDGER.columns, ledger_row(stamp, entry), strict=True))


def test_every_column_has_its_value() -> None:
    made = row(STAMP, "updated")
    expected = {
        "id": 7,
        "workspace_id": 1,
        "object_id": 2,
        "version": 9,
        "state": "archived",
        "member_id": 10,
        "owner_id": 11,
        "external_id": "x",
        "history_date": NOW,
        "history_user_id": 5,
        "history_change_reason": "reason",
        "changes": {"1": [None, 2]},
        "author": 4,
        "api_key": 6,
        "request_id": "request",
        "source": "api",
        "action": "updated",
    }
    assert {name: made[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("action", "kind"), [("created", "+"), ("deleted", "-"), ("updated", "~"), ("archived", "~")]
)
def test_the_kind_follows_from_the_action(action: str, kind: str) -> None:
    assert row(STAMP, action)["history_type"] == kind


@pytest.mark.parametrize(("reason", "stored"), [("", None), ("x" * 500, "x" * 500)])
def test_no_reason_is_null(reason: str, stored: str | None) -> None:
    assert row(replace(STAMP, reason=reason), "updated")["history_change_reason"] == stored


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(
    ("action", "stored", "told"),
    [
        ("updated", {"5": ["a", "b"]}, {"5": ["a", "b"]}),
        ("archived", {}, {}),
        ("deleted", {"own": [3]}, {}),
        ("deleted", {}, {}),
    ],
)
def test_a_tombstone_tells_of_no_values(
    action: str, stored: dict[str, Any], told: dict[str, Any], as_text: bool
) -> None:
    assert value_changes(action, json.dumps(stored) if as_text else stored) == told
