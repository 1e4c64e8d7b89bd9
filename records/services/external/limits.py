"""Keeping one bad upstream from becoming everybody's problem: how many calls at once, and when there are none.

Both are kept per process, where they cost a lock: each process finds out for itself that an upstream is down.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

FAILURES = 5
SECONDS = 30


class Closed(Exception):
    """No call now; perhaps in so many seconds."""

    def __init__(self, why: str, seconds: int) -> None:
        super().__init__(why)
        self.why = why
        self.seconds = seconds


@dataclass(slots=True)
class _Circuit:
    """What is known of one source: failures in a row, and since when nothing is sent."""

    failures: int = 0
    opened: float = 0.0
    trying: bool = False


class Call:
    """A call that was let through; whoever made it says how it went."""

    failed = False


class Limits:
    """Lets calls through, of each source and of all; keys stand for sources as they are configured."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._running: Counter[object] = Counter()
        self._circuits: dict[object, _Circuit] = {}

    @contextmanager
    def admitted(self, key: object) -> Iterator[Call]:
        """One call; Closed when it must not be made now.

        After five failures in a row none is made for thirty seconds; then one, on which it depends.
        """
        self._enter(key)
        call = Call()
        call.failed = True  # unless it comes to its end
        try:
            yield call
        finally:
            self._leave(key, failed=call.failed)

    def forget(self) -> None:
        """Start anew, as a new process does."""
        with self._lock:
            self._circuits.clear()

    def _enter(self, key: object) -> None:
        most = settings.EXTERNAL_CALLS_AT_ONCE
        with self._lock:
            if self._running.total() >= most or self._running[key] >= max(1, most - 1):
                raise Closed("has too many calls in flight", 1)
            circuit = self._circuits.get(key)
            if circuit is not None and circuit.failures >= FAILURES:
                left = circuit.opened + SECONDS - self._clock()
                if left > 0 or circuit.trying:
                    raise Closed(f"failed {FAILURES} times in a row and is left alone for a while", max(1, int(left)))
                circuit.trying = True
            self._running[key] += 1

    def _leave(self, key: object, *, failed: bool) -> None:
        with self._lock:
            self._running[key] -= 1
            if not failed:
                self._circuits.pop(key, None)
                return
            circuit = self._circuits.setdefault(key, _Circuit())
            circuit.failures += 1
            circuit.opened = self._clock()
            circuit.trying = False


limits = Limits()
