"""The ledger behind a place, and what has become of the records."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from records.services.database import (
    by_key,
    document,
    document_column,
    fetch,
    in_ids,
    is_postgresql,
    moment,
    moment_column,
    uuid_column,
)

from .cursors import BEGINNING, Place
from .epochs import LEDGER, mark_of

# Rows that a page looks at for changes of the objects it is about.
SCANNED = 10_000


class Entry(NamedTuple):
    """A row of the ledger. `state` is the record's state now, None for one that was deleted for
    good; `member_before` the member that the record had before the write."""

    position: int
    key: int
    object_id: int
    record_id: int
    uuid: Any
    version: int
    action: str
    source: str
    author: int | None
    api_key: int | None
    operation_id: Any
    reason: str | None
    changes: dict[str, Any]
    created: datetime | None
    external_source: str
    external_id: str | None
    member_id: int | None
    state: str | None
    member_before: int | None

    @property
    def place(self) -> Place:
        return Place(self.position, self.key)


@dataclass(frozen=True, slots=True)
class Read:
    """What a statement found. `end` is where the next one starts: the last row it looked at, with
    its record and operation; `more` whether there may be rows behind."""

    entries: list[Entry]
    end: Place
    record: int
    operation: bytes
    more: bool


def read_entries(
    workspace_id: int,
    after: Place,
    horizon: int,
    limit: int,
    objects: Collection[int] | None,
    *,
    members: bool,
) -> Read:
    """The next rows, at most `limit`; one statement.

    `objects` limits them to those of some objects, of the next 10,000 rows. `members`: with the
    members that records had before.
    """
    looked_at = limit + 1 if objects is None else max(SCANNED, limit + 1)
    behind, params = _behind("s", after, horizon)
    position = "feed_position" if is_postgresql() else "0"
    chosen, chosen_params = ("", []) if objects is None else in_ids("object_id", objects)
    rows = fetch(
        f"WITH scanned AS MATERIALIZED (SELECT {position} AS position, s.history_id, s.object_id"
        f" FROM {LEDGER} s WHERE s.workspace_id = %s AND {behind}"
        f" ORDER BY {_order('s')} LIMIT %s),"
        " found AS MATERIALIZED (SELECT position, history_id FROM scanned"
        f"{f' WHERE {chosen}' if chosen else ''} ORDER BY position, history_id LIMIT %s),"
        " ended AS MATERIALIZED (SELECT position, history_id FROM scanned"
        " ORDER BY position DESC, history_id DESC LIMIT 1)"
        " SELECT e.*, t.id, t.operation_id, (SELECT count(*) FROM scanned),"
        f" f.position, f.history_id, {_columns(members=members)}"
        " FROM ended e"
        + by_key(LEDGER, "t", "t.history_id = e.history_id", optional=True)
        + " LEFT JOIN found f ON TRUE"
        + by_key(LEDGER, "h", "h.history_id = f.history_id", optional=True)
        + _joined(members=members)
        + " ORDER BY f.position, f.history_id",
        [workspace_id, *params, looked_at, *chosen_params, limit + 1],
    )
    if not rows:
        return Read([], after, 0, bytes(4), more=False)
    ended_position, ended_key, record, operation, scanned, *_ = rows[0]
    # Without one of these objects, the only row has the end alone.
    entries = [_entry(row[5:]) for row in rows if row[6] is not None]
    if len(entries) > limit:
        del entries[limit:]
        last = entries[-1]
        return Read(entries, last.place, last.record_id, mark_of(last.operation_id), more=True)
    # What was looked at is done with, whether it was one of these objects or not.
    end = Place(ended_position, ended_key)
    return Read(entries, end, record, mark_of(operation), more=scanned == looked_at)


def read_entry(workspace_id: int, key: int) -> Entry | None:
    """One row; one statement."""
    position = "h.feed_position" if is_postgresql() else "0"
    rows = fetch(
        f"SELECT {position}, h.history_id, {_columns(members=True)} FROM {LEDGER} h"
        f"{_joined(members=True)} WHERE h.workspace_id = %s AND h.history_id = %s",
        [workspace_id, key],
    )
    return _entry(rows[0]) if rows else None


def _columns(*, members: bool) -> str:
    return (
        f"h.object_id, h.id, {uuid_column('h.uuid')}, h.version, h.action, h.source, h.author,"
        f" h.api_key, {uuid_column('h.operation_id')}, h.history_change_reason,"
        f" {document_column('h.changes')}, {moment_column('h.history_date')}, h.external_source,"
        f" h.external_id, h.member_id, r.state, {'p.member_id' if members else 'NULL'}"
    )


def _joined(*, members: bool) -> str:
    """The record as it is now, and with `members` the row before."""
    before = "p.workspace_id = h.workspace_id AND p.id = h.id AND p.version = h.version - 1"
    return by_key("records_record", "r", "r.id = h.id", optional=True) + (
        by_key(LEDGER, "p", before, optional=True) if members else ""
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    *head, changes, created, source, external_id, member_id, state, member_before = row
    known = (document(changes), moment(created), source, external_id)
    return Entry._make((*head, *known, member_id, state, member_before))


def read_newest(workspace_id: int, horizon: int) -> tuple[Place, int, bytes]:
    """The last final row: its place, record and operation; the beginning where there is none."""
    rows = fetch(
        f"SELECT {'h.feed_position' if is_postgresql() else '0'}, h.history_id, h.id,"
        f" h.operation_id FROM {LEDGER} h WHERE h.workspace_id = %s{_final('h')}"
        f" ORDER BY {_order('h', ' DESC')} LIMIT 1",
        [workspace_id, *([horizon] if is_postgresql() else [])],
    )
    if not rows:
        return BEGINNING, 0, bytes(4)
    ((position, key, record, operation),) = rows
    return Place(position, key), record, mark_of(operation)


def _behind(alias: str, after: Place, horizon: int) -> tuple[str, list[int]]:
    """The final rows behind a place, as a condition."""
    if not is_postgresql():
        return f"{alias}.history_id > %s", [after.key]
    return (
        f"({alias}.feed_position, {alias}.history_id) > (%s, %s) AND {alias}.feed_position < %s"
    ), [*after, horizon]


def _final(alias: str) -> str:
    return f" AND {alias}.feed_position < %s" if is_postgresql() else ""


def _order(alias: str, direction: str = "") -> str:
    keys = ("feed_position", "history_id") if is_postgresql() else ("history_id",)
    return ", ".join(f"{alias}.{key}{direction}" for key in keys)
