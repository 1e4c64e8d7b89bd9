"""When records last entered and left the stages of their pipelines: kept with each write, checked
against the ledger and rebuilt from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from records.services.catalogue import ObjectSchema
from records.services.database import Fragment, document, execute, fetch, in_ids, moment

from .ledger import value_changes
from .rows import Changes, RecordRow, Stamp
from .tables import Table, Values, insert, insertion

_COLUMNS = {
    "record_id": "bigint",
    "stage": "bigint",
    "workspace_id": "bigint",
    "entered_at": "timestamptz",
    "left_at": "timestamptz",
}
_TIMES = Table("records_stagetime", _COLUMNS)
_TIMES_ADDING = Table(
    "records_stagetime",
    _COLUMNS,
    " ON CONFLICT (record_id, stage) DO UPDATE SET "
    + ", ".join(
        f"{name} = COALESCE(excluded.{name}, records_stagetime.{name})"
        for name in ("entered_at", "left_at")
    ),
)
# By record and stage: entered, left.
_Times = dict[tuple[int, int], list[datetime | None]]


def moved(stamp: Stamp, changes: Changes) -> list[Values]:
    """The rows that a batch adds; none where no record changes its stage. Every new record must
    have its key."""
    if changes.stage_field is None:
        return []
    times: _Times = {}
    key = str(changes.stage_field.id)
    for entry in changes.ledger:
        _note(times, entry.record.id, entry.changes.get(key), stamp.now)
    return _rows(stamp.workspace_id, times)


def insert_moved(rows: Sequence[Values], *, replace: bool) -> None:
    """Add the rows of `moved`; `replace`: records of the batch may have times already."""
    insert(_TIMES_ADDING if replace else _TIMES, rows)


def moved_insertion(rows: Sequence[Values], *, replace: bool) -> Fragment:
    """The statement that adds the rows of `insert_moved` on PostgreSQL."""
    return insertion(_TIMES_ADDING if replace else _TIMES, rows)


def rebuild_stage_times(schema: ObjectSchema, records: Sequence[RecordRow]) -> None:
    """Replace the times of these records by what the ledger says; the caller holds their locks."""
    chosen, params = in_ids("record_id", [record.id for record in records])
    execute(
        f"DELETE FROM records_stagetime WHERE workspace_id = %s AND {chosen}",
        [schema.workspace_id, *params],
    )
    if rows := _rows(schema.workspace_id, _by_ledger(schema, records)):
        insert(_TIMES, rows)


def check_stage_times(
    schema: ObjectSchema, records: Sequence[RecordRow]
) -> Iterator[tuple[RecordRow, str]]:
    """The records whose times are not those of the ledger, and how they differ."""
    chosen, params = in_ids("record_id", [record.id for record in records])
    stored: _Times = {
        (record_id, stage): [moment(entered), moment(left)]
        for record_id, stage, entered, left in fetch(
            "SELECT record_id, stage, entered_at, left_at FROM records_stagetime"
            f" WHERE workspace_id = %s AND {chosen}",
            [schema.workspace_id, *params],
        )
    }
    expected = _by_ledger(schema, records)
    held = {record.id: record for record in records}
    for place in sorted(stored.keys() | expected.keys()):
        if stored.get(place) != expected.get(place):
            record_id, stage = place
            yield (
                held[record_id],
                (
                    f"times of stage {stage} are {_shown(stored.get(place))},"
                    f" by the ledger {_shown(expected.get(place))}"
                ),
            )


def _by_ledger(schema: ObjectSchema, records: Sequence[RecordRow]) -> _Times:
    times: _Times = {}
    if schema.stage_field is None or not records:
        return times
    key = str(schema.stage_field.id)
    chosen, params = in_ids("id", [record.id for record in records])
    for record_id, action, changes, written in fetch(
        "SELECT id, action, changes, history_date FROM records_historicalrecord"
        f" WHERE workspace_id = %s AND {chosen} ORDER BY id, version",
        [schema.workspace_id, *params],
    ):
        found: Mapping[str, Any] = value_changes(action, document(changes))
        _note(times, record_id, found.get(key), moment(written))
    return times


def _note(times: _Times, record_id: int, change: Any, when: datetime | None) -> None:
    """Add what one write did to a record's stage: (old, new), or None for nothing."""
    if change is None:
        return
    for at, stage in enumerate(reversed(change)):  # the new one is entered, the old one left
        if stage is not None:
            times.setdefault((record_id, stage), [None, None])[at] = when


def _rows(workspace_id: int, times: _Times) -> list[Values]:
    return [(record, stage, workspace_id, *moments) for (record, stage), moments in times.items()]


def _shown(times: Sequence[datetime | None] | None) -> str:
    if times is None:
        return "missing"
    return " and ".join("none" if when is None else when.isoformat() for when in times)
