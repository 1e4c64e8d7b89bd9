"""Processes reserve parts of a limit, and never grant more than all of it."""

from __future__ import annotations

import logging
from itertools import cycle, islice

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from limits import parse

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
    assert len(counted) <= 52
    granted([leases], "10000/hour", 5000)
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


def test_requests_are_granted_while_they_cannot_be_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing listens at that port."""
    leases = Leases(storage_at("redis://127.0.0.1:1/0"))
    with caplog.at_level(logging.WARNING):
        assert granted([leases], "5/minute", 50) == 50
    assert len(caplog.records) == 1


@pytest.mark.django_db
def test_callers_who_are_done_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.services.access.rate_leases.MOST", 10)
    item = parse("5/minute")
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        (leases,) = processes(1)
        for number in range(25):
            leases.take(item, f"key {number}")
            clock.shift(10)
        assert len(leases._leases) <= 10
        assert leases.take(item, "key 24")[1].remaining == 3
