"""Processes reserve parts of a limit, and never grant more than all of it."""

from __future__ import annotations

import logging
from itertools import cycle, islice

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from limits import parse

from records.exceptions import Standing
from records.services.access.rate_leases import Leases
from records.services.access.rate_storage import DatabaseStorage, storage_at

ONE_BY_ONE = {"one_by_one": True}


def processes(number: int, **how: bool) -> list[Leases]:
    return [Leases(DatabaseStorage(), **how) for _ in range(number)]


def granted(taking: list[Leases], limit: str, asked: int) -> int:
    """How many of so many requests are granted, which come to the processes in turns."""
    item = parse(limit)
    return sum(each.take(item, "key")[0] for each in islice(cycle(taking), asked))


@pytest.mark.django_db
@pytest.mark.parametrize("how", [{}, ONE_BY_ONE])
@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize("limit", [1, 7, 100, 1000, 5000])
def test_all_processes_together_grant_the_limit(
    limit: int, number: int, how: dict[str, bool]
) -> None:
    assert granted(processes(number, **how), f"{limit}/hour", 2 * limit + 10) == limit


@pytest.mark.django_db
@pytest.mark.parametrize("number", [2, 4])
def test_a_process_without_requests_keeps_a_hundredth_at_most(number: int) -> None:
    idle, busy = processes(number)[:-1], processes(1)
    assert granted(idle, "1000/hour", len(idle)) == len(idle)
    assert 1000 - 10 * len(idle) <= granted(busy, "1000/hour", 2000) + len(idle) <= 1000


@pytest.mark.django_db
def test_most_requests_cost_no_statement_and_refusals_none() -> None:
    (leases,) = processes(1)
    with CaptureQueriesContext(connection) as counted:
        assert granted([leases], "10000/hour", 5000) == 5000
    assert len(counted) == 51  # hundredths, and one that asks when the count begins anew
    with CaptureQueriesContext(connection) as near_the_end:
        granted([leases], "10000/hour", 5000)
    assert len(near_the_end) == 213
    with CaptureQueriesContext(connection) as refused:
        assert granted([leases], "10000/hour", 5000) == 0
    assert len(refused) == 0


@pytest.mark.django_db
def test_a_limit_begins_anew_in_every_process() -> None:
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        taking = processes(3)
        assert granted(taking, "300/minute", 600) == 300
        clock.shift(59)
        assert granted(taking, "300/minute", 600) == 0
        clock.shift(1)
        assert granted(taking, "300/minute", 600) == 300


@pytest.mark.django_db
def test_what_is_reserved_ends_with_its_window() -> None:
    item = parse("200/minute")  # reserved in twos
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        (leases,) = processes(1)
        for _ in range(3):
            assert leases.take(item, "key") == (True, Standing(200, 199, 60))
            clock.shift(60)


@pytest.mark.django_db
def test_a_count_that_was_begun_anew_elsewhere_ends_later() -> None:
    item = parse("200/minute")
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        (leases,) = processes(1)
        granted([leases], "200/minute", 2)
        clock.shift(30)
        DatabaseStorage().clear("key")
        assert leases.take(item, "key") == (True, Standing(200, 199, 60))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limit", "how", "reserved"),
    [("1000/hour", {}, 10), ("5/hour", {}, 1), ("1000/hour", ONE_BY_ONE, 1)],
)
def test_so_much_is_reserved_at_a_time(limit: str, how: dict[str, bool], reserved: int) -> None:
    assert granted(processes(1, **how), limit, 1) == 1
    assert DatabaseStorage().get("key") == reserved


@pytest.mark.django_db
def test_a_process_grants_what_it_has_reserved_when_the_others_have_the_rest() -> None:
    item = parse("1000/hour")
    busy, other = processes(2)
    assert granted([busy], "1000/hour", 10) == 10
    assert granted([other], "1000/hour", 980) == 980
    assert granted([busy], "1000/hour", 1) == 1  # and nine more are reserved
    assert busy.is_spent(item, "key") is None
    assert granted([busy], "1000/hour", 20) == 9
    assert busy.is_spent(item, "key") is not None


@pytest.mark.django_db
def test_a_count_is_locked_while_a_part_is_reserved() -> None:
    held = []

    class Watching(DatabaseStorage):
        STORAGE_SCHEME = None

        def incr(self, key: str, expiry: int, amount: int = 1) -> int:
            held.append(leases._leases[key].lock.locked())
            return super().incr(key, expiry, amount)

    leases = Leases(Watching())
    granted([leases], "5/hour", 2)
    assert held == [True, True]


@pytest.mark.django_db
def test_a_caller_is_told_where_they_stand() -> None:
    item = parse("200/minute")
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        (leases,) = processes(1)
        told = [leases.take(item, "key")[1] for _ in range(3)]
        assert [standing.remaining for standing in told] == [199, 198, 197]
        assert {(standing.limit, standing.resets_in) for standing in told} == {(200, 60)}
        assert leases.is_spent(item, "key") is None
        granted([leases], "200/minute", 200)
        clock.shift(20.5)
        spent = leases.is_spent(item, "key")
        assert spent is not None
        assert (spent.remaining, spent.resets_in) == (0, 40)
        clock.shift(39.5)
        assert leases.is_spent(item, "key") is None


def test_requests_are_granted_while_they_cannot_be_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing listens at that port, which is asked again in five seconds."""
    leases = Leases(storage_at("redis://127.0.0.1:1/0"))
    with (
        time_machine.travel(1_000_000.0, tick=False) as clock,
        caplog.at_level(logging.WARNING),
    ):
        assert granted([leases], "5/minute", 50) == 50
        assert leases.take(parse("5/minute"), "key") == (True, Standing(5, 5, 0))
        clock.shift(4.5)
        assert granted([leases], "5/minute", 50) == 50
        assert len(caplog.records) == 1
        clock.shift(0.5)
        assert granted([leases], "5/minute", 50) == 50
        assert len(caplog.records) == 2


@pytest.mark.django_db
def test_callers_who_are_done_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.services.access.rate_leases.MOST", 10)
    item = parse("5/minute")
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        (leases,) = processes(1)
        for number in range(25):
            leases.take(item, f"key {number}")
            assert len(leases._leases) <= 10
            clock.shift(10)
        assert leases.take(item, "key 24")[1].remaining == 3


@pytest.mark.django_db
def test_windows_that_are_over_are_forgotten_before_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("records.services.access.rate_leases.MOST", 10)
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        (leases,) = processes(1)
        leases.take(parse("5/hour"), "long")
        for number in range(9):
            leases.take(parse("5/second"), f"short {number}")
        clock.shift(1)
        leases.take(parse("5/hour"), "new")
        assert list(leases._leases) == ["long", "new"]


@pytest.mark.django_db
def test_the_older_half_is_forgotten_when_no_window_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("records.services.access.rate_leases.MOST", 10)
    (leases,) = processes(1)
    for number in range(11):
        leases.take(parse("5/hour"), f"{number}")
    assert list(leases._leases) == [f"{number}" for number in range(5, 11)]
