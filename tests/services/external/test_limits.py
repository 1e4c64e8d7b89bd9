"""How many calls at once, and when there are none; time is a number here."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.external.limits import (
    FAILURES,
    SECONDS,
    Closed,
    Limits,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> Limits:
    return Limits(clock)


def call(limits: Limits, key: str = "a", *, failed: bool = False) -> None:
    with limits.admitted(key) as made:
        made.failed = failed


def break_it(limits: Limits) -> None:
    for _ in range(FAILURES):
        call(limits, failed=True)


def test_five_failures_in_a_row_stop_the_calls_for_a_while(limits: Limits, clock: Clock) -> None:
    for _ in range(FAILURES - 1):
        call(limits, failed=True)
    call(limits)
    break_it(limits)

    with pytest.raises(Closed) as refused:
        call(limits)
    assert refused.value.seconds == SECONDS
    call(limits, "another")
    clock.now += SECONDS
    call(limits)
    call(limits)


def test_one_call_at_a_time_tries_again(limits: Limits, clock: Clock) -> None:
    break_it(limits)
    clock.now += SECONDS
    with limits.admitted("a") as trial:
        with pytest.raises(Closed):
            call(limits)
        trial.failed = True
    with pytest.raises(Closed):
        call(limits)
    clock.now += SECONDS
    call(limits)


def test_a_call_that_breaks_off_has_failed(limits: Limits) -> None:
    for _ in range(FAILURES):
        with pytest.raises(RuntimeError), limits.admitted("a"):
            raise RuntimeError
    with pytest.raises(Closed):
        call(limits)
    limits.forget()
    call(limits)


def test_one_source_leaves_room_for_another(limits: Limits, settings: Any) -> None:
    settings.EXTERNAL_CALLS_AT_ONCE = 3
    with limits.admitted("a"), limits.admitted("a"):
        with pytest.raises(Closed):
            call(limits)
        with limits.admitted("b"), pytest.raises(Closed):
            call(limits, "c")
        call(limits, "c")
