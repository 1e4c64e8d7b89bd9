"""The web server's processes, kept alive: one that dies is replaced, ever more slowly while it keeps dying."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from granian.server import Server

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Respawns:
    """When to replace the processes that died, by their numbers. Times are seconds of a monotonic clock."""

    first: float = 0.5
    longest: float = 30.0
    healthy_after: float = 60.0
    due: dict[int, float] = field(default_factory=dict)
    _pauses: dict[int, float] = field(default_factory=dict)

    def note_death(self, number: int, born: float, now: float) -> float:
        """Return the pause before the process is replaced: twice the last one, unless it had lived for a while."""
        lived = now - born
        last = 0.0 if lived > self.healthy_after else self._pauses.get(number, 0.0)
        pause = min(last * 2 or self.first, self.longest)
        self._pauses[number] = pause
        self.due[number] = now + pause
        return pause

    def take_due(self, now: float) -> list[int]:
        """Return the numbers of the processes to replace now, and forget that they are due."""
        ready = sorted(number for number, when in self.due.items() if when <= now)
        for number in ready:
            del self.due[number]
        return ready

    def wait(self, now: float) -> float | None:
        """Return the seconds until the next process is due; None while none is."""
        return max(0.0, min(self.due.values()) - now) if self.due else None


class WebServer(Server):  # type: ignore[misc, valid-type]
    """granian's server, which by itself ends as soon as a process dies within 5.5 s of being replaced.

    It ends with status 1 only when it never had a process that could start: see `hopeless`.
    """

    ATTEMPTS = 3

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.respawns = Respawns()
        self.failed_starts: dict[int, int] = {}

    def _serve_loop(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        while not self.interrupt_signal:
            self.main_loop_interrupt.wait(self.respawns.wait(time.monotonic()))
            self.main_loop_interrupt.clear()
            dead = [self.interrupt_children.pop(0) for _ in range(len(self.interrupt_children))]
            self._note_deaths(dead)
            if self._is_hopeless():
                logger.error("No web process can start. See the errors above.")
                self.interrupt_children.extend(dead)  # which ends the command with status 1
                return
            self._respawn_workers(self.respawns.take_due(time.monotonic()), spawn_target, target_loader)

    def _note_deaths(self, numbers: Iterable[int]) -> None:
        now = time.monotonic()
        for number in numbers:
            worker = self.wrks[number]
            pause = self.respawns.note_death(number, worker.birth, now)
            status = worker.inner.exitcode
            # A signal comes from outside; a status is the process's own doing.
            ended_itself = status is not None and status >= 0 and now - worker.birth < self.respawns.healthy_after
            self.failed_starts[number] = self.failed_starts.get(number, 0) + 1 if ended_itself else 0
            how = (
                f"was killed by signal {-status}"
                if status is not None and status < 0
                else f"ended with status {status}"
            )
            logger.error("Web process %d %s. It is replaced in %.1f s.", number + 1, how, pause)

    def _is_hopeless(self) -> bool:
        """Whether no process is alive, and each has ended by itself soon after its start, several times in a row."""
        if any(worker.is_alive() for worker in self.wrks):
            return False
        return all(self.failed_starts.get(worker.idx, 0) >= self.ATTEMPTS for worker in self.wrks)
