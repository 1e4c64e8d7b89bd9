"""Counts are the same in our database and in Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from limits.storage import Storage

from records.models import RateCount
from records.services.access.rate_storage import DatabaseStorage, storage_at
from tests.redis_server import redis_server

MINUTE = 60


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["database", "redis"])
def storage(request: pytest.FixtureRequest, db: None) -> Iterator[Storage]:
    url = request.getfixturevalue("redis") if request.param == "redis" else ""
    kept = storage_at(url)
    yield kept
    kept.reset()


def test_a_count_grows_and_is_given_back(storage: Storage) -> None:
    assert [storage.incr("a", MINUTE, amount) for amount in (1, 5, -2)] == [1, 6, 4]
    assert (storage.get("a"), storage.get("b")) == (4, 0)


def test_a_count_ends_when_its_time_is_over(storage: Storage) -> None:
    storage.incr("a", MINUTE)
    assert storage.get_expiry("a") == pytest.approx(time.time() + MINUTE, abs=2)
    assert storage.get_expiry("b") == pytest.approx(time.time(), abs=2)


def test_counts_can_be_cleared(storage: Storage) -> None:
    storage.incr("a", MINUTE)
    storage.incr("b", MINUTE)
    storage.clear("a")
    assert (storage.get("a"), storage.get("b")) == (0, 1)
    storage.reset()
    assert storage.get("b") == 0
    assert storage.check()


@pytest.mark.django_db
def test_counts_of_a_database_that_fails_cannot_be_read() -> None:
    def fail(*_: object) -> None:
        raise OperationalError

    storage = DatabaseStorage()
    with connection.execute_wrapper(fail):
        assert not storage.check()
        with pytest.raises(storage.base_exceptions):
            storage.incr("a", MINUTE)


def test_redis_is_waited_for_briefly_and_asked_once() -> None:
    storage: Any = storage_at("redis://127.0.0.1:1/0")
    asked = storage.storage.connection_pool.make_connection()
    assert (asked.socket_timeout, asked.socket_connect_timeout) == (2.0, 2.0)
    assert asked.retry.get_retries() == 0
    assert storage.prefixed_key("a") == "records:a"


@pytest.mark.django_db
def test_a_window_begins_anew_with_the_first_count_after_it() -> None:
    storage = DatabaseStorage()
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        storage.incr("a", MINUTE, 7)
        clock.shift(MINUTE - 1)
        assert (storage.incr("a", MINUTE), storage.get_expiry("a")) == (8, 1_000_060.0)
        clock.shift(1)
        assert storage.get("a") == 0
        assert (storage.incr("a", MINUTE), storage.get_expiry("a")) == (1, 1_000_120.0)
    assert RateCount.objects.count() == 1
