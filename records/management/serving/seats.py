"""Seats: how many requests of a process are at work at a time, each with its database connection.

A thread that waits for a slow client needs no seat. There may be a thousand such threads, and they
cost nobody else anything.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from records.http import Address, plain

from .turns import Turns

Seat = dict[str, BaseDatabaseWrapper]


class Seats:
    """The seats of a process. The one that was left last is taken first: its connection is warm.
    Callers take turns when more of them want one than there are.

    `asked` says, by threads, for whom one has or wants a seat, and since when; `ended`, by
    addresses, when the sending of a client was last ended because it took too long. Times are
    seconds of a monotonic clock.
    """

    def __init__(self, count: int) -> None:
        self._turns = Turns(count)
        self._stack: list[Seat] = [{} for _ in range(count)]
        self.asked: dict[int, tuple[str, float]] = {}
        self._taken: dict[int, tuple[str, float]] = {}  # by threads: by which caller, and when
        self.ended: dict[Address, float] = {}

    def take(self, address: str, caller: str) -> None:
        """Wait for a seat. Its connections become those of this thread."""
        thread = threading.get_ident()
        self.asked[thread] = (address, time.monotonic())
        self._turns.take(caller)
        self._taken[thread] = (caller, time.monotonic())
        for alias, opened in self._stack.pop().items():
            connections[alias] = opened

    def leave(self) -> None:
        """Give the seat to the next thread, and the connections with it."""
        seat: Seat = {}
        for opened in connections.all(initialized_only=True):
            if not opened.allow_thread_sharing:
                opened.inc_thread_sharing()
            seat[opened.alias] = opened
            del connections[opened.alias]
        self._stack.append(seat)
        thread = threading.get_ident()
        caller, taken = self._taken.pop(thread)
        self._turns.leave(caller, time.monotonic() - taken)
        del self.asked[thread]

    def was_ended(self, address: str, since: float) -> bool:
        """Whether the sending of a client at this address was ended at or after this time."""
        return bool(self.ended) and self.ended.get(plain(address), 0.0) >= since

    @contextmanager
    def left(self, address: str) -> Iterator[None]:
        """Leave the seat for the block, for whoever can work; not within a transaction, which
        belongs to the connection."""
        if any(opened.in_atomic_block for opened in connections.all(initialized_only=True)):
            yield
            return
        caller, _ = self._taken[threading.get_ident()]
        self.leave()
        try:
            yield
        finally:
            self.take(address, caller)

    @contextmanager
    def lent(self, address: str) -> Iterator[None]:
        """Leave the seat for the block, for a request that waits for something else than its
        client, which is not slow."""
        thread = threading.get_ident()
        asked = self.asked[thread]
        try:
            with self.left(address):
                self.asked[thread] = asked
                yield
        finally:
            self.asked[thread] = asked
