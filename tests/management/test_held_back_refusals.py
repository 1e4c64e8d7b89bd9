"""A refusal is held back while others work, and only so many are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.http import HttpResponse

from records.management.serving import application as serving
from records.management.serving.application import MOST_HELD_BACK, Application
from records.management.serving.seats import Seats

Ask = Callable[[str], None]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each refusal was held back."""
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    return waits


@pytest.fixture
def ask() -> Ask:
    """Sends a request to an application with one seat, whose path is the status that it gets."""
    application = Application(
        lambda environ, _: HttpResponse(status=environ["PATH_INFO"]), Seats(1)
    )

    def send(status: str) -> None:
        environ: dict[str, Any] = {"PATH_INFO": status, "REMOTE_ADDR": "127.0.0.1"}
        # A thread that waits for its answer, and has no connection to the tests' database.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(application, environ, lambda *_: None).result()

    return send


def test_only_refusals_beyond_a_limit_are_held_back(ask: Ask, held: list[float]) -> None:
    for status in ("200", "401", "404", "503"):
        ask(status)
    assert held == []
    ask("429")
    assert held == [serving.HELD_BACK_SECONDS]


def test_the_seat_is_free_meanwhile(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = []

    def ask_another(seconds: float) -> None:
        ask("200")
        answered.append(seconds)

    monkeypatch.setattr("time.sleep", ask_another)
    ask("429")
    assert answered == [serving.HELD_BACK_SECONDS]


def test_so_many_at_most_are_held_back(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []

    def ask_again(seconds: float) -> None:
        waits.append(seconds)
        ask("429")

    monkeypatch.setattr("time.sleep", ask_again)
    ask("429")
    assert len(waits) == MOST_HELD_BACK
