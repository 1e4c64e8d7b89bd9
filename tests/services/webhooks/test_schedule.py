"""When what was not delivered is sent again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from records.services.webhooks.schedule import (
    BACK_OFF,
    asked_until,
    next_attempt,
    pause,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(("attempts", "seconds"), list(enumerate(BACK_OFF, 1)))
def test_each_failure_waits_longer(attempts: int, seconds: int) -> None:
    due = next_attempt(attempts, NOW, None)
    assert due is not None
    assert timedelta(seconds=seconds) <= due - NOW <= timedelta(seconds=seconds * 1.1)


def test_it_is_given_up_after_75_hours() -> None:
    assert next_attempt(len(BACK_OFF) + 1, NOW, None) is None
    assert 75 * 3600 < sum(BACK_OFF) < 76 * 3600
    assert (BACK_OFF[0], BACK_OFF[-1]) == (5, 24 * 3600)


def test_not_before_the_receiver_asked() -> None:
    asked = NOW + timedelta(hours=1)
    assert next_attempt(1, NOW, asked) == asked


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 5), (2, 10), (4, 40), (7, 300), (1_000_000, 300)]
)
def test_a_receiver_that_fails_is_left_alone_for_longer(failures: int, seconds: int) -> None:
    assert pause(failures, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", NOW + timedelta(seconds=120)),
        (" 0 ", NOW),
        ("99999999999999", NOW + timedelta(hours=24)),
        ("Mon, 30 Nov 2026 12:05:00 GMT", NOW + timedelta(minutes=5)),
        ("Wed, 30 Nov 2050 12:05:00 GMT", NOW + timedelta(hours=24)),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str, expected: datetime | None) -> None:
    assert asked_until(header, NOW) == expected
