"""Callers take turns: one who asks for a lot makes only itself wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.http import HttpResponse

from records.http import CALLER
from records.management.serving.application import Application
from records.management.serving.callers import MOST, Callers
from records.management.serving.seats import Seats
from records.management.serving.turns import MOST as MOST_TURNS
from records.management.serving.turns import Turns

Queue = Callable[[str], Future[None]]


class Waiting(Turns):
    """Turns that tell how many wait."""

    def count(self) -> int:
        with self._lock:
            return sum(map(len, self._lines.values()))


@contextmanager
def queueing(turns: Waiting, order: list[str]) -> Iterator[Queue]:
    """A function that lets a thread wait for a turn, and notes when it has it."""
    with ThreadPoolExecutor(64) as threads:

        def wait(caller: str) -> None:
            turns.take(caller)
            order.append(caller)

        def queue(caller: str) -> Future[None]:
            before = turns.count()
            waiting = threads.submit(wait, caller)
            while turns.count() == before:
                threading.Event().wait(0.001)
            return waiting

        yield queue


def have_turns(turns: Turns, waiting: list[Future[None]], order: list[str], seconds: float) -> None:
    """End the turn of the first caller, and each that follows, after so much time."""
    turns.leave("greedy", seconds)
    for at in range(len(waiting)):
        while len(order) <= at:
            threading.Event().wait(0.001)
        turns.leave(order[at], seconds)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 2.0])
def test_one_who_comes_late_is_next_however_many_another_has_waiting(seconds: float) -> None:
    turns, order = Waiting(1), list[str]()
    turns.take("greedy")
    with queueing(turns, order) as queue:
        waiting = [queue("greedy") for _ in range(20)] + [queue("quiet")]
        have_turns(turns, waiting, order, seconds)
    assert order.index("quiet") <= 1
    assert order.count("greedy") == 20


def test_those_who_wait_alternate() -> None:
    turns, order = Waiting(1), list[str]()
    turns.take("greedy")
    with queueing(turns, order) as queue:
        waiting = [queue("greedy") for _ in range(12)]
        waiting += [queue(one) for one in ("a", "b", "a", "b", "a", "b")]
        have_turns(turns, waiting, order, 0.01)
    for one in ("a", "b"):
        assert order[:10].count(one) == 3, order


def test_long_turns_count_for_more() -> None:
    turns, order = Waiting(1), list[str]()
    turns.take("slow")
    with queueing(turns, order) as queue:
        waiting = [queue(one) for one in ["slow"] * 3 + ["fast"] * 20]
        turns.leave("slow", 1.0)
        for at in range(len(waiting)):
            while len(order) <= at:
                threading.Event().wait(0.001)
            turns.leave(order[at], 1.0 if order[at] == "slow" else 0.05)
    assert "slow" not in order[1:18], order


def test_nobody_saves_time_up() -> None:
    turns, order = Waiting(1), list[str]()
    for _ in range(50):
        turns.take("busy")
        turns.leave("busy", 1.0)
    turns.take("greedy")
    with queueing(turns, order) as queue:
        waiting = [queue("new") for _ in range(10)] + [queue("busy")]
        have_turns(turns, waiting, order, 0.1)
    assert order.index("busy") <= 2, order


def test_all_turns_are_given_back() -> None:
    turns = Turns(3)
    with ThreadPoolExecutor(32) as threads:

        def work(number: int) -> None:
            turns.take(str(number % 5))
            turns.leave(str(number % 5), 0.001)

        list(threads.map(work, range(2000)))
    for _ in range(3):
        turns.take("last")  # would wait for ever if one were lost
    assert turns._free == 0
    assert not turns._lines
    assert not turns._order


def test_callers_are_forgotten_when_all_have_gone() -> None:
    turns = Turns(2)
    for caller in ("a", "b"):
        turns.take(caller)
    for caller in ("a", "b"):
        turns.leave(caller, 1.0)
    assert not turns._had


def test_some_are_forgotten_when_there_are_too_many() -> None:
    turns = Turns(2)
    turns.take("long")
    for number in range(5 * MOST_TURNS):
        turns.take(str(number))
        turns.leave(str(number), 0.001 * (number % 7))
        assert len(turns._had) <= MOST_TURNS


# ---------------------------------------------------------------- who a caller is


def environ_of(address: str = "192.0.2.1", **more: str) -> dict[str, Any]:
    return {"REMOTE_ADDR": address, "PATH_INFO": "/api/", **more}


@pytest.mark.parametrize("name", ["HTTP_X_API_KEY", "HTTP_AUTHORIZATION", "HTTP_COOKIE"])
def test_credentials_are_known_once_they_were_good(name: str) -> None:
    callers = Callers()
    sent = environ_of(**{name: "secret"})
    assert callers.of(sent) == "192.0.2.1"
    callers.learn(sent)  # refused: nobody noted whose they are
    assert callers.of(sent) == "192.0.2.1"
    callers.learn({**sent, CALLER: "workspace 7"})
    assert callers.of({**sent, "REMOTE_ADDR": "192.0.2.99"}) == "workspace 7"
    assert callers.of(environ_of(**{name: "other"})) == "192.0.2.1"


def test_no_secret_is_kept() -> None:
    callers = Callers()
    callers.learn(environ_of(HTTP_X_API_KEY="rec_secret", **{CALLER: "workspace 7"}))
    assert "rec_secret" not in repr(vars(callers))


def test_made_up_keys_are_one_caller() -> None:
    callers = Callers()
    assert {callers.of(environ_of(HTTP_X_API_KEY=str(one))) for one in range(50)} == {"192.0.2.1"}


def test_the_oldest_are_forgotten() -> None:
    callers = Callers()
    for one in range(MOST + 10):
        callers.learn(environ_of(HTTP_X_API_KEY=str(one), **{CALLER: f"workspace {one}"}))
    assert len(callers._known) <= MOST
    assert callers.of(environ_of(HTTP_X_API_KEY=str(MOST + 9))) == f"workspace {MOST + 9}"


def test_a_request_waits_for_its_own_workspace_alone() -> None:
    """Twenty requests of one workspace wait for the only seat; that of another one is next."""
    order: list[str] = []
    free = threading.Event()

    def answer(environ: dict[str, Any], _: object) -> HttpResponse:
        environ[CALLER] = environ["HTTP_X_API_KEY"]
        if environ["PATH_INFO"] == "/held":
            assert free.wait(30)
        order.append(environ["HTTP_X_API_KEY"])
        return HttpResponse()

    seats = Seats(1)
    turns = seats._turns = Waiting(1)
    application = Application(answer, seats)

    def ask(key: str, path: str = "/") -> None:
        application(environ_of(HTTP_X_API_KEY=key) | {"PATH_INFO": path}, lambda *_: None)

    with ThreadPoolExecutor(32) as threads:
        for key in ("noisy", "quiet"):
            threads.submit(ask, key).result()
        asked = [threads.submit(ask, "noisy", "/held")]
        for waiting, key in enumerate(["noisy"] * 20 + ["quiet"]):
            while turns.count() < waiting or not seats.asked:
                threading.Event().wait(0.001)
            asked.append(threads.submit(ask, key))
        while turns.count() < 21:
            threading.Event().wait(0.001)
        free.set()
        for one in asked:
            one.result()
    assert order[:4] == ["noisy", "quiet", "noisy", "quiet"], order
    assert len(order) == 24
