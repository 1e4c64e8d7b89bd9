"""The ledger: its table, and the row of one write."""

from __future__ import annotations

from typing import Any

from records.services.database import document

from .rows import LedgerRow, Stamp
from .tables import Table, Values

LEDGER = Table(
    "records_historicalrecord",
    {
        "id": "bigint",
        "uuid": "uuid",
        "workspace_id": "bigint",
        "object_id": "bigint",
        "external_source": "text",
        "external_id": "text",
        "member_id": "bigint",
        "owner_id": "bigint",
        "state": "text",
        "cancelled_at": "timestamptz",
        "assignment_task_id": "bigint",
        "merged_into": "bigint",
        "version": "bigint",
        "history_date": "timestamptz",
        "history_type": "text",
        "history_change_reason": "text",
        "history_user_id": "bigint",
        "changes": "json",
        "operation_id": "uuid",
        "source": "text",
        "action": "text",
        "author": "bigint",
        "api_key": "bigint",
        "request_id": "text",
    },
    key="history_id",
)


def value_changes(action: str, stored: Any) -> dict[str, list[Any]]:
    """What a row of the ledger says of values: (old, new) by field. A tombstone tells of none; it
    keeps whose own the record was."""
    changes: dict[str, list[Any]] = {} if action == "deleted" else document(stored)
    return changes


_KINDS = {"created": "+", "deleted": "-"}  # simple-history's


def ledger_row(stamp: Stamp, entry: LedgerRow) -> Values:
    record = entry.snapshot
    return (
        # Not from the snapshot, which may be older than the key of a new record.
        entry.record.id,
        record.uuid,
        stamp.workspace_id,
        stamp.object_id,
        record.external_source,
        record.external_id,
        record.member_id,
        record.owner_id,
        record.state,
        record.cancelled_at,
        record.assignment_task_id,
        record.merged_into,
        record.version,
        stamp.now,
        _KINDS.get(entry.action, "~"),
        stamp.reason or None,
        stamp.user_id,
        entry.changes,
        stamp.operation_id,
        stamp.source,
        entry.action,
        stamp.member_id,
        stamp.api_key_id,
        stamp.request_id,
    )
