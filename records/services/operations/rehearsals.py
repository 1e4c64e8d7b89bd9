"""Writes that are only tried, and what a write does to records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from records.rehearsal import MOST_NOTED, Notes
from records.services.access import Author, access_to, renewed
from records.services.catalogue import ObjectSchema, schema_in_any_state
from records.services.database import rehearse, watch
from records.services.reading import FieldChange, read_changes
from records.services.storage import LedgerRow, value_changes

T = TypeVar("T")
MOST_LISTED = 1000  # records


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One write to one record, as the author may see it."""

    schema: ObjectSchema
    uuid: str
    key: int
    action: str
    version: int
    fields: Sequence[FieldChange]


@dataclass(frozen=True, slots=True)
class Effects:
    """What a write does.

    `named` is the record that it is about, if it is about one: all that becomes of it. `records`
    are the writes to records, in order, of `record_count` that the author may see; `jobs` the kinds
    of jobs that it starts, each with the number of its records. `is_whole`: no write is missing.
    """

    named: RecordChange | None = None
    records: Sequence[RecordChange] = ()
    record_count: int = 0
    jobs: Sequence[tuple[str, int]] = ()
    is_whole: bool = True


def rehearsed(
    author: Author, work: Callable[[Author], T], *, plain: bool = False
) -> tuple[T, Effects]:
    """What `work` would answer and do; nothing of it remains. It raises what would refuse it.

    It is the write itself, in a transaction that is rolled back: the same checks, the same locks.
    It gets an author with definitions of their own. `plain`: values as names and primary keys.
    """

    def tried(notes: Notes) -> tuple[T, Effects]:
        result = work(renewed(author))
        return result, _effects(author, notes, plain=plain)

    return rehearse(tried)


def watched(
    author: Author, work: Callable[[Author], T], check: Callable[[T, Effects], None], *, plain: bool
) -> T:
    """What `work` answers, after `check` has seen what it did; what that raises undoes the work."""

    def done(notes: Notes) -> T:
        result = work(renewed(author))
        check(result, _effects(author, notes, plain=plain))
        return result

    return watch(done)


def _effects(author: Author, notes: Notes, *, plain: bool) -> Effects:
    if not notes.records:
        return Effects(jobs=notes.jobs)
    author = renewed(author)  # definitions may have changed, and tags been made
    named = [(key, row) for key, row in notes.records if row.snapshot.uuid == notes.named]
    visible: list[tuple[int, LedgerRow]] = []
    for key, row in notes.records:
        if row.snapshot.uuid == notes.named or _is_visible(author, key, row):
            visible.append((key, row))
    return Effects(
        next(iter(_read(author, _merged(named), plain=plain)), None),
        _read(author, visible[:MOST_LISTED], plain=plain),
        len(visible),
        notes.jobs,
        notes.record_count <= MOST_NOTED,
    )


def _is_visible(author: Author, object_id: int, row: LedgerRow) -> bool:
    schema = schema_in_any_state(author.directory, object_id)
    # A record that is gone for good has no values left that say whose it was.
    return access_to(author, schema, row.record.values, row.record.member_id).view


def _merged(rows: Sequence[tuple[int, LedgerRow]]) -> list[tuple[int, LedgerRow]]:
    """Several writes to one record as one."""
    if len(rows) < 2:
        return list(rows)
    key, last = rows[-1]
    changes: dict[str, list[Any]] = {}
    for _, row in rows:
        for name, (old, new) in _values(row).items():
            changes[name] = [changes[name][0] if name in changes else old, new]
    changed = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    return [(key, LedgerRow(last.record, last.snapshot, last.action, changed))]


def _values(row: LedgerRow) -> dict[str, list[Any]]:
    return value_changes(row.action, row.changes)


def _read(
    author: Author, rows: Iterable[tuple[int, LedgerRow]], *, plain: bool
) -> list[RecordChange]:
    found: list[RecordChange] = []
    for object_id, noted in groupby(rows, key=lambda pair: pair[0]):
        entries = [row for _, row in noted]
        schema = schema_in_any_state(author.directory, object_id)
        shown = read_changes(author, schema, [_values(row) for row in entries], plain=plain)
        found += [
            RecordChange(
                schema,
                row.snapshot.uuid,
                row.record.id,
                row.action,
                row.snapshot.version,
                fields,
            )
            for row, fields in zip(entries, shown, strict=True)
        ]
    return found
