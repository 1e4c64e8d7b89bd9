"""Isolating a bad upstream: a limit on concurrent calls, and a pause after repeated failures.

Both are per process and cost one lock: each process detects on its own that an upstream is down.
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
    """No call is allowed now; the next one may be after `seconds`."""

    def __init__(self, why: str, seconds: int) -> None:
        super().__init__(why)
        self.why = why
        self.seconds = seconds


@dataclass(slots=True)
class _Circuit:
    """The state of one source: its failures in a row, and since when calls are paused."""

    failures: int = 0
    opened: float = 0.0
    trying: bool = False


class Call:
    """A call in progress; the caller reports how it ended."""

    failed = False


class Limits:
    """Lets calls through, of each source and of all; keys stand for sources as they are
    configured."""

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
        # Failed until proven otherwise: any exception on the way counts.
        call.failed = True  # unless it comes to its end
        try:
            yield call
        finally:
            self._leave(key, failed=call.failed)

    def forget(self) -> None:
        """Reset to the state of a new process."""
        with self._lock:
            self._circuits.clear()

    def _enter(self, key: object) -> None:
        most = settings.EXTERNAL_CALLS_AT_ONCE
        with self._lock:
            # One slow upstream may take all slots but one, which is left for the others.
            if self._running.total() >= most or self._running[key] >= max(1, most - 1):
                raise Closed("has too many calls in progress", 1)
            circuit = self._circuits.get(key)
            if circuit is not None and circuit.failures >= FAILURES:
                left = circuit.opened + SECONDS - self._clock()
                # After the pause one call is let through; the others wait for what becomes of it.
                if left > 0 or circuit.trying:
                    raise Closed(
                        f"failed {FAILURES} times in a row; calls to it are paused",
                        max(1, int(left)),
                    )
                circuit.trying = True
            self._running[key] += 1

    def _leave(self, key: object, *, failed: bool) -> None:
        with self._lock:
            self._running[key] -= 1
            if not failed:
                # One success is enough: failures count only in a row.
                self._circuits.pop(key, None)
                return
            circuit = self._circuits.setdefault(key, _Circuit())
            circuit.failures += 1
            # Each failure starts the pause again, also that of the one trial call.
            circuit.opened = self._clock()
            circuit.trying = False


limits = Limits()
