"""Work that is noted while it is done, and work that is rehearsed: done, noted and undone.

Every layer may ask whether it is part of a rehearsal. What a rollback does not undo must not happen
in one: a sequence gives no key, a process remembers nothing, no file is stored, no other system is
called.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import IO, Any

# Keys of rehearsed rows, which nobody else sees. They start at random, so that two rehearsals at
# the same time do not wait for each other's rows, and above all keys in use: new rows come last.
LEAST_KEY, MOST_KEY = 2**52, 2**53  # numbers that every JSON parser reads exactly
LEAST_SMALL_KEY = -(2**31)  # of columns of 32 bits, whose keys in use are positive


MOST_NOTED = 10_000  # writes to records


@dataclass(slots=True)
class Notes:
    """What a piece of work has done so far.

    `records` are the first of `record_count` rows of the ledger, each with its object's key; `jobs`
    the kinds and sizes of jobs that were started; `named` the UUID of the record that was written
    alone. `caches` stand in for those of the process, and `files` for the storage, unless the work
    `stores_files`.
    """

    rehearsed: bool
    stores_files: bool = False
    records: list[tuple[int, Any]] = field(default_factory=list)
    record_count: int = 0
    jobs: list[tuple[str, int]] = field(default_factory=list)
    named: str | None = None
    caches: dict[int, Any] = field(default_factory=dict)
    files: dict[str, IO[bytes]] = field(default_factory=dict)
    keys: Iterator[int] = field(default_factory=lambda: _counting(LEAST_KEY, MOST_KEY))
    small_keys: Iterator[int] = field(default_factory=lambda: _counting(LEAST_SMALL_KEY, 0))

    def note_records(self, object_id: int, rows: Sequence[Any]) -> None:
        """Rows of the ledger were stored."""
        self.record_count += len(rows)
        free = MOST_NOTED - len(self.records)
        self.records.extend((object_id, row) for row in rows[:free])


def _counting(least: int, most: int) -> Iterator[int]:
    start = random.randrange(least, most - 2**28)  # noqa: S311 - no secret
    return iter(range(start, most))


_notes: ContextVar[Notes | None] = ContextVar("notes", default=None)


def notes() -> Notes | None:
    """The notes of the work that this thread is doing; None where nobody takes any."""
    return _notes.get()


def rehearsal() -> Notes | None:
    """The notes of the rehearsal that this is part of; None where the work is meant."""
    found = _notes.get()
    return found if found is not None and found.rehearsed else None


def is_rehearsal() -> bool:
    return rehearsal() is not None


@contextmanager
def noting(taken: Notes) -> Iterator[Notes]:
    """Take notes of what is done in the block."""
    token = _notes.set(taken)
    try:
        yield taken
    finally:
        _notes.reset(token)
        for file in taken.files.values():
            file.close()


@contextmanager
def noted_whole() -> Iterator[None]:
    """What is done in the block is undone if it fails: then nothing of it was done."""
    taken = notes()
    if taken is None:
        yield
        return
    records, jobs = len(taken.records), len(taken.jobs)
    count, named = taken.record_count, taken.named
    try:
        yield
    except BaseException:
        del taken.records[records:]
        del taken.jobs[jobs:]
        taken.record_count, taken.named = count, named
        raise
