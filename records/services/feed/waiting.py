"""Requests that wait for news in the feed: one of a process asks the database for all of them.

Nobody holds a seat, with its database connection, while they wait; the one whose turn it is to ask
takes one for two statements.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum, auto

from records.services.database import fetch, in_ids, is_postgresql

from .cursors import Place
from .epochs import HISTORIES, LEDGER, read_horizon

MAX_WAIT = 30  # seconds
INTERVAL = 0.5  # seconds between two questions
MOST = 256  # waiting requests of a process
# Where a request cannot leave its thread's seat, as under another server, it keeps others waiting.
MOST_SEATED = 2

Mark = tuple[Place, ...]
Leave = Callable[[], AbstractContextManager[None]]


class Waited(Enum):
    """How waiting ended; FULL: too many wait already, and the request must be answered at once."""

    NEWS = auto()
    TIME_UP = auto()
    FULL = auto()


class _Room:
    """The waiting requests of a process. `newest` is what is known of their workspaces."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.waiting: Counter[int] = Counter()
        self.seated = 0
        self.newest: dict[int, Mark] = {}
        self.asking = False
        self.next_question = 0.0

    @contextmanager
    def place(self, workspace_id: int, *, seated: bool) -> Iterator[bool]:
        """A place in the room, unless it is full."""
        with self.changed:
            full = self.waiting.total() >= MOST or (seated and self.seated >= MOST_SEATED)
            if not full:
                self.waiting[workspace_id] += 1
                self.seated += seated
        try:
            yield not full
        finally:
            if not full:
                with self.changed:
                    self._leave(workspace_id, seated=seated)

    def _leave(self, workspace_id: int, *, seated: bool) -> None:
        self.seated -= seated
        self.waiting[workspace_id] -= 1
        if not self.waiting[workspace_id]:
            del self.waiting[workspace_id]
            # What the next one is told must not be older than what it has read.
            self.newest.pop(workspace_id, None)

    def wait(self, workspace_id: int, mark: Mark, until: float) -> Waited | None:
        """Wait until there is news or the time is up; None when it is this thread's turn to ask."""
        with self.changed:
            while True:
                now = time.monotonic()
                if now >= until:  # first of all: news may never end
                    return Waited.TIME_UP
                if _is_news(self.newest.get(workspace_id, ()), mark):
                    return Waited.NEWS
                if not self.asking and now >= self.next_question:
                    self.asking = True
                    return None
                turn = until if self.asking else min(until, self.next_question)
                self.changed.wait(turn - now)

    def ask(self) -> None:
        """Ask for the newest rows of all workspaces that are waited for, and tell everybody."""
        found: Mapping[int, Mark] = {}
        with self.changed:
            asked = list(self.waiting)
        try:
            found = newest_rows(asked)
        finally:
            with self.changed:
                self.newest.update(
                    (key, mark) for key, mark in found.items() if key in self.waiting
                )
                self.asking = False
                self.next_question = time.monotonic() + INTERVAL
                self.changed.notify_all()


_room = _Room()


def wait_for_changes(
    workspace_id: int, mark: Mark, until: float, leave: Leave | None = None
) -> Waited:
    """Wait until the feed has rows behind `mark`, at most until a time of the monotonic clock.

    `leave` gives the request's seat to others for a block.
    """
    with _room.place(workspace_id, seated=leave is None) as placed:
        if not placed:
            return Waited.FULL
        while True:
            with (leave or nullcontext)():
                ended = _room.wait(workspace_id, mark, until)
            if ended is not None:
                return ended
            _room.ask()


def newest_rows(workspaces: list[int]) -> dict[int, Mark]:
    """The last final row of the ledger and of each history, by workspace; at most two
    statements."""
    horizon = read_horizon()
    chosen, params = in_ids("w.id", workspaces)
    columns, below = [], []
    for table in (LEDGER, *HISTORIES):
        for column in ("feed_position", "history_id") if is_postgresql() else ("0", "history_id"):
            columns.append(
                f"(SELECT {column} FROM {table} h WHERE h.workspace_id = w.id"
                + (
                    " AND h.feed_position < %s ORDER BY h.feed_position DESC, h.history_id DESC"
                    if is_postgresql()
                    else " ORDER BY h.history_id DESC"
                )
                + " LIMIT 1)"
            )
            below += [horizon] if is_postgresql() else []
    rows = fetch(
        f"SELECT w.id, {', '.join(columns)} FROM records_workspace w WHERE {chosen}",
        [*below, *params],
    )
    return {
        key: tuple(
            Place(*(number or 0 for number in pair)) for pair in zip(it[::2], it[1::2], strict=True)
        )
        for key, *it in rows
    }


def _is_news(newest: Mark, mark: Mark) -> bool:
    """Whether there are rows behind a place that was read up to."""
    return any(found > known for found, known in zip(newest, mark, strict=False))
