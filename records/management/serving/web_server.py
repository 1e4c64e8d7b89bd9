"""The web server's processes, kept alive: one that dies is replaced, ever more slowly while it
keeps dying."""

from __future__ import annotations

import logging
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Any

from django.conf import settings
from granian._granian import SocketHolder
from granian.server import Server

from . import handover
from .application import Application
from .seats import Seats
from .slow_clients import SlowClients

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Respawns:
    """When to replace the processes that died, by their numbers. Times are seconds of a monotonic
    clock."""

    first: float = 0.5
    longest: float = 30.0
    healthy_after: float = 60.0
    due: dict[int, float] = field(default_factory=dict)
    _pauses: dict[int, float] = field(default_factory=dict)

    def note_death(self, number: int, born: float, now: float) -> float:
        """Return the pause before the process is replaced: twice the last one, unless it had lived
        for a while."""
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


class Listener:
    """A socket that one web process accepts from."""

    BACKLOG = 1024

    def __init__(self, host: str, port: int) -> None:
        opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            opened.bind((host, port))
            opened.listen(self.BACKLOG)
        except OSError:
            opened.close()
            raise
        opened.setblocking(False)  # for granian
        self.socket = opened
        # It closes the file when it goes, so `socket` must not. A process that is spawned, not
        # forked, gets the file along with `socket`, and finds it under the number that `holder`
        # tells.
        self.holder: Any = SocketHolder(opened.fileno(), False, self.BACKLOG)  # type: ignore[call-arg]

    def close(self) -> None:
        """Take in nobody any more, though forks may have the file open too."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.leave()

    def leave(self) -> None:
        """Close our file; the processes that have it go on."""
        self.socket.detach()
        self.holder = None


class WebServer(Server):  # type: ignore[misc, valid-type]
    """granian's server, which by itself ends as soon as a process dies within 5.5 s of being
    replaced.

    Each process has a listener of its own, so that the kernel shares connections out evenly. This
    process opens them and keeps them: those that wait in a queue are not lost with a reload, nor
    with the death of the only process.

    It ends with status 1 only when it never had a process that could start: see `_is_hopeless`.
    """

    ATTEMPTS = 3
    TWICE_AFTER = 1.0  # seconds; `timeout` and some supervisors send one signal two times at once

    def __init__(self, listener: Listener, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.listeners: dict[
            int, Listener
        ] = {}  # by the numbers of the processes that accept from them
        self.spare: Listener | None = listener  # from which nobody accepts just now
        self.respawns = Respawns()
        self.failed_starts: dict[int, int] = {}
        self.hopeless = False
        self.interrupted_at = math.inf
        # Processes that were replaced, and when each is told to end, or killed once it was.
        self.quiet: dict[Any, float] = {}
        self.leaving: dict[Any, float] = {}
        self.hooks_started: list[Callable[[], object]] = []
        self.hooks_hurry: list[Callable[[], object]] = []

    def on_started(self, hook: Callable[[], object]) -> None:
        """Call this when the first processes are started; they may not answer yet."""
        self.hooks_started.append(hook)

    def on_hurry(self, hook: Callable[[], object]) -> None:
        """Call this when we are told to stop again while we are stopping."""
        self.hooks_hurry.append(hook)

    def signal_handler_interrupt(self, *args: Any, **options: Any) -> None:
        """Stop after the requests in progress; at once when told a second time."""
        now = time.monotonic()
        if now - self.interrupted_at > self.TWICE_AFTER:
            workers: list[Any] = self.wrks
            for worker in [*workers, *self.quiet, *self.leaving]:
                worker.kill()
            self._call_hooks(self.hooks_hurry)
        self.interrupted_at = min(self.interrupted_at, now)
        super().signal_handler_interrupt()

    def _init_shared_socket(self) -> None:
        """Do nothing: processes get their listeners when they start."""

    def _drop_shared_socket(self) -> None:
        for listener in self.listeners.values():
            listener.leave()

    def _spawn_worker(
        self, idx: int, target: Callable[..., None], callback_loader: Callable[..., Any]
    ) -> Any:
        if idx not in self.listeners:
            self.listeners[idx] = self.spare or Listener(self.bind_addr, self.bind_port)
            self.spare = None
        self._shd, self._sso = self.listeners[idx].holder, self.listeners[idx].socket
        return super()._spawn_worker(idx, target, callback_loader)

    def _release_listener(self, number: int) -> None:
        """Close the listener of a process that died, since nobody would answer there; the last one
        is kept."""
        listener = self.listeners.pop(number)
        if self.listeners or self.spare:
            listener.close()
        else:
            self.spare = listener

    def startup(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        """Start the first processes."""
        handover.ignore()
        super().startup(spawn_target, target_loader)

    def _serve(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        self.startup(spawn_target, target_loader)
        self._call_hooks(self.hooks_started)
        self._serve_loop(spawn_target, target_loader)
        with suppress(SystemExit):  # granian's, when a process died while we were told to stop
            self.shutdown()
        if self.hopeless:
            sys.exit(1)

    def _serve_loop(
        self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]
    ) -> None:
        while not self.interrupt_signal:
            self.main_loop_interrupt.wait(self._pause())
            self.main_loop_interrupt.clear()
            if self.interrupt_signal:
                return
            self._note_deaths(
                [self.interrupt_children.pop(0) for _ in range(len(self.interrupt_children))]
            )
            self.hopeless = self._is_hopeless()
            if self.hopeless:
                logger.error("No web process can start. See the errors above.")
                return
            if self.reload_signal:
                self._reload(spawn_target, target_loader)
            self._respawn_workers(
                self.respawns.take_due(time.monotonic()), spawn_target, target_loader
            )
            self._end_leaving()

    def _pause(self) -> float | None:
        """Return the seconds until something is due; None while nothing is."""
        now = time.monotonic()
        ends = [*self.quiet.values(), *self.leaving.values()]
        waits = [self.respawns.wait(now), *(max(0.0, end - now) for end in ends)]
        return min((wait for wait in waits if wait is not None), default=None)

    def _reload(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        """Start new processes, and have the old ones take in nobody any more."""
        self.reload_signal = False
        old = list(self.wrks)
        self.wrks.clear()
        self.respawns = Respawns()
        self.failed_starts.clear()
        self._spawn_workers(spawn_target, target_loader)
        for worker in old:
            with suppress(ProcessLookupError):
                os.kill(worker.inner.pid, handover.TAKE_IN_NOBODY)
            self.quiet[worker] = time.monotonic() + handover.SECONDS_TO_SPEAK
        logger.info("Told to reload: %d web processes replace %d.", len(self.wrks), len(old))

    def _end_leaving(self) -> None:
        """Tell replaced processes to end after the requests they have when it is time, forget those
        that have ended, and kill those that were given enough time."""
        now = time.monotonic()
        for worker in [worker for worker, end in self.quiet.items() if end <= now]:
            del self.quiet[worker]
            worker.terminate()
            self.leaving[worker] = now + self.workers_kill_timeout
        for worker, end in list(self.leaving.items()):
            if not is_dead(worker) and end > now:
                continue
            if not is_dead(worker):
                worker.kill()
            worker.join()
            del self.leaving[worker]

    def _stop_workers(self) -> None:
        self.wrks += [*self.quiet, *self.leaving]
        self.quiet.clear()
        self.leaving.clear()
        super()._stop_workers()

    def _note_deaths(self, numbers: Iterable[int]) -> None:
        now = time.monotonic()
        for number in numbers:
            worker = self.wrks[number]
            # A reload may have replaced the process that this was about.
            if number in self.respawns.due or not is_dead(worker):
                continue
            self._release_listener(number)
            pause = self.respawns.note_death(number, worker.birth, now)
            status = worker.inner.exitcode
            # A signal comes from outside; a status is the process's own doing.
            ended_itself = (
                status is not None
                and status >= 0
                and now - worker.birth < self.respawns.healthy_after
            )
            self.failed_starts[number] = (
                self.failed_starts.get(number, 0) + 1 if ended_itself else 0
            )
            how = (
                f"was killed by signal {-status}"
                if status is not None and status < 0
                else f"ended with status {status}"
            )
            logger.error("Web process %d %s. It is replaced in %.1f s.", number + 1, how, pause)

    def _is_hopeless(self) -> bool:
        """Whether no process is alive, and each has ended by itself soon after its start, several
        times in a row."""
        if any(not is_dead(worker) for worker in self.wrks):
            return False
        return all(self.failed_starts.get(worker.idx, 0) >= self.ATTEMPTS for worker in self.wrks)


def is_dead(worker: Any) -> bool:
    """Tell whether a process has ended. `is_alive` may err while another thread waits for the same
    process."""
    return bool(wait([worker.inner.sentinel], timeout=0))


def load_application(port: int, threads: int) -> Callable[..., Any]:
    """Return the application; runs first of all in each web process. `threads` is how many requests
    it works on at a time."""
    # Ctrl-C goes to all processes of a terminal, and the first one passes it on as SIGTERM: two
    # signals at a time would keep this one until it is killed.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    # Until granian sets its handler, a fork has that of its parent, which would do nothing here.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    handover.prepare(port)
    from records_project.wsgi import application

    seats = Seats(threads)
    # Only Linux tells what passes through a connection.
    if settings.CLIENT_SECONDS and sys.platform == "linux":
        SlowClients(port, seats, settings.CLIENT_SECONDS).start()
    return Application(application, seats)
