"""The rows of a page, of the ledger and of the histories of definitions, in one order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from heapq import merge

from records.services.database import moment

from .cursors import Cursor, Place
from .definitions import Definition, read_definitions
from .epochs import mark_of
from .ledger_rows import Entry, Read, read_entries

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PageRows:
    """What was read. `end` is the cursor behind it; `more`: whether there may be rows behind."""

    rows: list[Entry | Definition]
    entries: list[Entry]
    definitions: list[Definition]
    end: Cursor
    more: bool

    @property
    def places(self) -> list[tuple[int, int]]:
        """The sources of the rows, the ledger's first, and their keys there."""
        return [
            (row.source + 1, row.key) if isinstance(row, Definition) else (0, row.key)
            for row in self.rows
        ]


def read_rows(
    workspace_id: int,
    after: Cursor,
    horizon: int,
    limit: int,
    objects: Collection[int] | None,
    *,
    members: bool,
) -> PageRows:
    """The next rows of all sources, at most `limit`; two statements. `objects` and `members` as in
    `read_entries`."""
    read = read_entries(workspace_id, after.ledger, horizon, limit, objects, members=members)
    found = read_definitions(workspace_id, after.definitions, horizon, limit + 1)
    if not any(found):
        return PageRows([*read.entries], read.entries, [], _moved(after, read, []), read.more)
    sources: list[Sequence[Entry | Definition]] = [read.entries, *found]
    rows = list(merge(*sources, key=_order))
    kept = rows[:limit]
    entries = [row for row in kept if isinstance(row, Entry)]
    definitions = [row for row in kept if isinstance(row, Definition)]
    end = _moved(after, _cut(read, after, entries), definitions)
    return PageRows(kept, entries, definitions, end, read.more or len(rows) > limit)


def _order(row: Entry | Definition) -> tuple[int, datetime]:
    """The order within a source is exact; between them it is that of the positions, or the times
    where those are the same."""
    created = moment(row.created) if isinstance(row, Entry) else row.created
    return row.position, created or _LONG_AGO


def _cut(read: Read, after: Cursor, entries: list[Entry]) -> Read:
    """What is left of a statement's rows where the page ends earlier."""
    if len(entries) == len(read.entries):  # all that was looked at is done with
        return read
    if not entries:
        return Read([], after.ledger, after.record, after.operation, more=True)
    last = entries[-1]
    return Read(entries, last.place, last.record_id, mark_of(last.operation_id), more=True)


def _moved(after: Cursor, read: Read, definitions: Sequence[Definition]) -> Cursor:
    """The cursor behind these rows."""
    places: list[Place] = list(after.definitions)
    for row in definitions:
        places[row.source] = row.place
    moved = replace(after, definitions=tuple(places))
    if read.end == after.ledger:
        return moved
    return replace(moved, ledger=read.end, record=read.record, operation=read.operation)
