"""Who is counted, under which name, and how a refusal reads."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from records.exceptions import NotAuthenticated, Standing, TooMany
from records.models import RateCount
from records.services.access.rate_limits import (
    ACCOUNT,
    ADDRESS,
    KEY,
    WORKSPACE,
    check_key,
    count_request,
    counted_log_in,
    forget_counts,
    refuse_key,
    request_limits,
    tightest,
)

SECRETS = ("ada@example.com", "192.0.2.7", "c0ffee")


@pytest.fixture(autouse=True)
def at_one_moment(db: None) -> Any:
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        yield clock


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (ADDRESS, "This address has reached the limit of 2 requests per minute."),
        (ACCOUNT, "This user has reached the limit of 2 requests per minute."),
        (KEY, "This API key has reached the limit of 2 requests per minute."),
        (
            WORKSPACE,
            "The API clients of this workspace have reached the limit of 2 requests per minute.",
        ),
    ],
)
def test_a_request_beyond_a_limit_is_refused(settings: Settings, limit: str, said: str) -> None:
    setattr(settings, limit, "2/minute")
    assert count_request(limit, "one") == Standing(2, 1, 60)
    assert count_request(limit, "one") == Standing(2, 0, 60)
    with pytest.raises(TooMany) as refused:
        count_request(limit, "one")
    assert refused.value.detail == f"{said} Try again in 60 seconds."
    assert refused.value.retry_after == 60
    assert count_request(limit, "another") == Standing(2, 1, 60)


@pytest.mark.parametrize("limit", [ADDRESS, ACCOUNT, KEY, WORKSPACE])
def test_nothing_is_counted_without_a_limit_or_for_nobody(settings: Settings, limit: str) -> None:
    assert count_request(limit, "one") is None
    setattr(settings, limit, "2/minute")
    assert count_request(limit, "") is None
    assert count_request(limit, None) is None
    check_key("one")
    assert isinstance(refuse_key("No.", "192.0.2.7"), NotAuthenticated)
    assert not RateCount.objects.exists()


def test_the_limits_in_force_are_told(settings: Settings) -> None:
    assert request_limits() == {}
    settings.LIMIT_KEY, settings.LIMIT_WORKSPACE = "600/minute", "5/2hours"
    assert request_limits() == {"key": (600, 60), "workspace": (5, 7200)}


def test_names_of_counts_tell_nothing(settings: Settings) -> None:
    email, address, digest = SECRETS
    settings.LIMIT_KEY = settings.LIMIT_ADDRESS = settings.LIMIT_WRONG_KEYS = "2/minute"
    settings.LIMIT_LOG_IN = settings.LIMIT_LOG_IN_ACCOUNT = "2/minute"
    count_request(KEY, digest)
    count_request(ADDRESS, address)
    refuse_key("No.", address)
    with suppress(ZeroDivisionError), counted_log_in(email, address):
        raise ZeroDivisionError
    names = list(RateCount.objects.values_list("key", flat=True))
    assert len(names) == 5
    assert not [name for name in names for secret in SECRETS if secret in name]


def test_the_tightest_limit_is_the_one_with_the_fewest_left() -> None:
    few, many = Standing(10, 1, 60), Standing(5, 4, 1)
    assert tightest(many, None, few) == few
    assert tightest(None) is None


def test_wrong_keys_are_refused_until_there_were_too_many(settings: Settings) -> None:
    settings.LIMIT_WRONG_KEYS = "2/minute"
    refusals = [refuse_key("No.", "192.0.2.7") for _ in range(3)]
    assert [type(refused) for refused in refusals] == [NotAuthenticated, NotAuthenticated, TooMany]
    assert refusals[2].detail == (
        "Too many wrong API keys came from this address. Try again in 60 seconds."
    )
    assert isinstance(refuse_key("No.", "192.0.2.8"), NotAuthenticated)
    assert {type(refuse_key("No.", "")) for _ in range(3)} == {NotAuthenticated}


def test_a_key_that_is_known_to_be_spent_is_refused(settings: Settings) -> None:
    settings.LIMIT_KEY = "1/minute"
    check_key("a key")
    count_request(KEY, "a key")
    with pytest.raises(TooMany):
        check_key("a key")
    check_key("another key")
    forget_counts()
    check_key("a key")  # this process knows no more, but it is counted still
    with pytest.raises(TooMany):
        count_request(KEY, "a key")


def test_any_text_can_be_counted(settings: Settings) -> None:
    settings.LIMIT_KEY = "1/minute"
    assert count_request(KEY, "\ud800") == Standing(1, 0, 60)


def test_wrong_keys_are_counted_one_by_one(settings: Settings) -> None:
    """Where requests would be reserved in tens."""
    settings.LIMIT_WRONG_KEYS = "1000/minute"
    refuse_key("No.", "192.0.2.7")
    assert counts() == [1]


def counts() -> list[int]:
    return sorted(RateCount.objects.values_list("count", flat=True))


def log_in(email: str, address: str, *, right: bool = False) -> bool | int:
    """Whether the password was right; the seconds to wait when it was not even tried."""
    try:
        with counted_log_in(email, address):
            if not right:
                raise ZeroDivisionError
    except TooMany as refused:
        return refused.retry_after
    except ZeroDivisionError:
        return False
    return True


def test_failed_log_ins_lock_a_user_out_at_that_address(
    settings: Settings, at_one_moment: Any
) -> None:
    settings.LIMIT_LOG_IN = "3/15minutes"
    assert [log_in("ada", "192.0.2.7") for _ in range(3)] == [False] * 3
    with pytest.raises(TooMany) as refused, counted_log_in("ada", "192.0.2.7"):
        pass
    assert refused.value.standing == Standing(3, 0, 900)
    assert log_in("ada", "192.0.2.7", right=True) == 900
    assert counts() == [3]
    assert log_in("ada", "192.0.2.8", right=True) is True
    assert log_in("bob", "192.0.2.7", right=True) is True
    forget_counts()  # in another process
    assert log_in("ada", "192.0.2.7", right=True) == 900
    at_one_moment.shift(900)
    assert log_in("ada", "192.0.2.7", right=True) is True


def test_log_ins_that_succeed_do_not_count(settings: Settings) -> None:
    settings.LIMIT_LOG_IN = settings.LIMIT_LOG_IN_ADDRESS = settings.LIMIT_LOG_IN_ACCOUNT = "3/hour"
    for _ in range(10):
        assert log_in("ada", "192.0.2.7", right=True) is True
    assert counts() == [0, 0, 0]
    assert [log_in("ada", "192.0.2.7") for _ in range(2)] == [False, False]
    assert log_in("ada", "192.0.2.7", right=True) is True


@pytest.mark.parametrize(
    ("limit", "others"),
    [
        ("LIMIT_LOG_IN_ADDRESS", ("bob", "192.0.2.7")),
        ("LIMIT_LOG_IN_ACCOUNT", ("ada", "192.0.2.8")),
    ],
)
def test_an_address_and_a_user_have_limits_of_their_own(
    settings: Settings, limit: str, others: tuple[str, str]
) -> None:
    settings.LIMIT_LOG_IN = "2/hour"
    setattr(settings, limit, "3/hour")
    assert [log_in("ada", "192.0.2.7") for _ in range(2)] == [False, False]
    assert log_in("ada", "192.0.2.7") == 3600  # refused, and not counted against the others
    assert log_in(*others) is False
    assert log_in(*others) == 3600
    assert log_in("eve", "192.0.2.9", right=True) is True


def test_what_one_limit_refuses_counts_against_no_other(settings: Settings) -> None:
    settings.LIMIT_LOG_IN = "5/hour"
    settings.LIMIT_LOG_IN_ACCOUNT = "2/hour"
    assert [log_in("ada", "192.0.2.7") for _ in range(4)] == [False, False, 3600, 3600]
    assert counts() == [2, 2]


def test_without_an_address_a_user_is_limited_still(settings: Settings) -> None:
    settings.LIMIT_LOG_IN = settings.LIMIT_LOG_IN_ADDRESS = "1/hour"
    settings.LIMIT_LOG_IN_ACCOUNT = "2/hour"
    assert [log_in("ada", "") for _ in range(3)] == [False, False, 3600]


def test_waiting_times_are_said_in_words(settings: Settings) -> None:
    for limit, said in (
        ("1/second", "1 second."),
        ("1/hour", "60 minutes."),
        ("1/day", "1,440 minutes."),
        ("1/2minute", "requests per 2 minutes. Try again in 2 minutes."),
    ):
        settings.LIMIT_KEY = limit
        count_request(KEY, "one")
        with pytest.raises(TooMany, match=said):
            count_request(KEY, "one")
