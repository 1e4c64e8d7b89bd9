"""The ledger behind a place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from records.services.database import (
    by_key,
    document_column,
    fetch,
    in_ids,
    is_postgresql,
    moment_column,
    uuid_column,
)

from .cursors import BEGINNING, Place
from .epochs import LEDGER, mark_of

# Rows that a page looks at for changes of the objects it is about.
SCANNED = 10_000


class Entry(NamedTuple):
    """A row of the ledger as the engine returned it; `changes` is JSON, `created` a moment. A
    record that is `in_trash` is there now; `member_before` is the member that it had before the
    write."""

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
    changes: Any
    created: Any
    external_source: str
    external_id: str | None
    member_id: int | None
    in_trash: bool
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
    if objects is None:
        return _read_all(workspace_id, after, horizon, limit, members=members)
    looked_at = max(SCANNED, limit + 1)
    behind, params = _behind("s", after, horizon)
    chosen, chosen_params = in_ids("object_id", objects)
    rows = fetch(
        f"WITH scanned AS MATERIALIZED (SELECT {_position('s')} AS position, s.history_id,"
        f" s.object_id FROM {LEDGER} s WHERE s.workspace_id = %s AND {behind}"
        f" ORDER BY {_order('s')} LIMIT %s),"
        f" found AS MATERIALIZED (SELECT position, history_id FROM scanned WHERE {chosen}"
        " ORDER BY position, history_id LIMIT %s),"
        " ended AS MATERIALIZED (SELECT position, history_id FROM scanned"
        " ORDER BY position DESC, history_id DESC LIMIT 1)"
        " SELECT e.*, t.id, t.operation_id, (SELECT count(*) FROM scanned),"
        f" {_columns(members=members)}"
        " FROM ended e"
        + by_key(LEDGER, "t", "t.history_id = e.history_id", optional=True)
        + " LEFT JOIN found f ON TRUE"
        + by_key(LEDGER, "h", "h.history_id = f.history_id", optional=True)
        + _before(members=members)
        + " ORDER BY f.position, f.history_id",
        [workspace_id, *params, looked_at, *chosen_params, limit + 1],
    )
    if not rows:
        return Read([], after, 0, bytes(4), more=False)
    ended_position, ended_key, record, operation, scanned, *_ = rows[0]
    # Without one of these objects, the only row has the end alone.
    entries = [Entry._make(row[5:]) for row in rows if row[6] is not None]
    if len(entries) > limit:
        return _up_to(entries[:limit], more=True)
    # What was looked at is done with, whether it was one of these objects or not.
    end = Place(ended_position, ended_key)
    return Read(entries, end, record, mark_of(operation), more=scanned == looked_at)


def _read_all(workspace_id: int, after: Place, horizon: int, limit: int, *, members: bool) -> Read:
    """The next rows of all objects: those of one walk along the index."""
    behind, params = _behind("h", after, horizon)
    rows = fetch(
        f"SELECT {_columns(members=members)} FROM {LEDGER} h{_before(members=members)}"
        f" WHERE h.workspace_id = %s AND {behind} ORDER BY {_order('h')} LIMIT %s",
        [workspace_id, *params, limit + 1],
    )
    if not rows:
        return Read([], after, 0, bytes(4), more=False)
    return _up_to(list(map(Entry._make, rows[:limit])), more=len(rows) > limit)


def _up_to(entries: list[Entry], *, more: bool) -> Read:
    last = entries[-1]
    return Read(entries, last.place, last.record_id, mark_of(last.operation_id), more)


def read_entry(workspace_id: int, key: int) -> Entry | None:
    """One row; one statement."""
    rows = fetch(
        f"SELECT {_columns(members=True)} FROM {LEDGER} h{_before(members=True)}"
        " WHERE h.workspace_id = %s AND h.history_id = %s",
        [workspace_id, key],
    )
    return Entry._make(rows[0]) if rows else None


# Whether the record is in the trash, by that index alone. One that was deleted for good has nothing
# in the ledger but its tombstone.
_IN_TRASH = (
    "EXISTS (SELECT 1 FROM records_record r WHERE r.workspace_id = h.workspace_id"
    " AND r.object_id = h.object_id AND r.id = h.id AND r.state = 'deleted')"
)


def _columns(*, members: bool) -> str:
    """Those of an entry, in its order."""
    return (
        f"{_position('h')}, h.history_id, h.object_id, h.id, {uuid_column('h.uuid')}, h.version,"
        f" h.action, h.source, h.author, h.api_key, {uuid_column('h.operation_id')},"
        f" h.history_change_reason, {document_column('h.changes')},"
        f" {moment_column('h.history_date')}, h.external_source, h.external_id, h.member_id,"
        f" {_IN_TRASH}, {'p.member_id' if members else 'NULL'}"
    )


def _before(*, members: bool) -> str:
    """With `members`, a join with the row before."""
    before = "p.workspace_id = h.workspace_id AND p.id = h.id AND p.version = h.version - 1"
    return by_key(LEDGER, "p", before, optional=True) if members else ""


def _position(alias: str) -> str:
    return f"{alias}.feed_position" if is_postgresql() else "0"


def read_newest(workspace_id: int, horizon: int) -> tuple[Place, int, bytes]:
    """The last final row: its place, record and operation; the beginning where there is none."""
    rows = fetch(
        f"SELECT {_position('h')}, h.history_id, h.id,"
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
