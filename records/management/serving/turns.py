"""Turns: whose request is next when more wait than can be at work.

Each caller has a line of its own, and the next turn is that of the caller who has had the least
time (start-time fair queueing): one who sends a thousand requests makes only itself wait.
"""

from __future__ import annotations

import heapq
import threading
from collections import deque

# What a turn counts as until its end tells how long it was. Seconds.
SUPPOSED = 0.001
MOST = 1024  # callers whose time is remembered


class Turns:
    """So many turns at a time, shared out evenly among the callers who want one."""

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._count = self._free = count
        self._lines: dict[str, deque[threading.Lock]] = {}
        self._order: list[tuple[float, int, str]] = []  # a heap: callers with a line, by their time
        self._arrivals = 0
        # The time that callers have had, in seconds; a caller who was away begins where those who
        # are at work have come to, and has saved nothing up.
        self._had: dict[str, float] = {}
        self._now = 0.0

    def take(self, caller: str) -> None:
        """Wait for a turn."""
        with self._lock:
            if self._free:
                self._free -= 1
                self._begin(caller)
                return
            line = self._lines.get(caller)
            if line is None:
                line = self._lines[caller] = deque()
                self._put_in_order(caller)
            called = threading.Lock()
            called.acquire()
            line.append(called)
        called.acquire()

    def leave(self, caller: str, seconds: float) -> None:
        """End a turn that took this long, and call whoever is next."""
        with self._lock:
            if caller in self._had:
                self._had[caller] += seconds - SUPPOSED
            if not self._order:
                self._free += 1
                if self._free == self._count:
                    self._had.clear()  # nobody owes anything to others who are not there
                return
            following = self._next()
            line = self._lines[following]
            called = line.popleft()
            self._begin(following)
            if line:
                self._put_in_order(following)
            else:
                del self._lines[following]
            called.release()

    def _next(self) -> str:
        """Take the caller with the least time out of the order, by what each has had by now."""
        while True:
            known, _, caller = heapq.heappop(self._order)
            if not self._order or self._time_of(caller) <= known:
                return caller
            self._put_in_order(caller)

    def _begin(self, caller: str) -> None:
        self._now = self._time_of(caller)
        self._had[caller] = self._now + SUPPOSED
        if len(self._had) > MOST:
            self._forget_some()

    def _forget_some(self) -> None:
        """Let go what half of the callers have had more than the others."""
        self._now = sorted(self._had.values())[MOST // 2]
        self._had = {one: had for one, had in self._had.items() if had > self._now}

    def _put_in_order(self, caller: str) -> None:
        self._arrivals += 1  # among equals the first to come
        heapq.heappush(self._order, (self._time_of(caller), self._arrivals, caller))

    def _time_of(self, caller: str) -> float:
        return max(self._now, self._had.get(caller, 0.0))
