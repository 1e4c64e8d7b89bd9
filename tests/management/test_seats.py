"""Seats of a web process, left and lent."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connections, transaction

from records.management.serving.seats import Seats

HERE = "192.0.2.1"


@pytest.fixture(autouse=True)
def _same_connection(transactional_db: None) -> Iterator[None]:
    """A seat takes the connection of the thread that leaves it; the test's own is given back."""
    own = connections["default"]
    was_shared = own.allow_thread_sharing
    yield
    connections["default"] = own
    if own.allow_thread_sharing and not was_shared:
        own.dec_thread_sharing()


def lend(seats: Seats, *, fail: bool) -> None:
    with seats.lent(HERE):
        if fail:
            raise ValueError


@pytest.mark.parametrize("fail", [False, True], ids=["done", "failed"])
@pytest.mark.parametrize("in_transaction", [False, True], ids=["outside", "in a transaction"])
def test_what_was_lent_is_as_before(fail: bool, in_transaction: bool) -> None:
    seats = Seats(1)
    seats.take(HERE, "caller")
    asked = dict(seats.asked)
    try:
        if in_transaction:
            with transaction.atomic():
                lend(seats, fail=fail)
        else:
            lend(seats, fail=fail)
    except ValueError:
        assert fail
    assert seats.asked == asked
    seats.leave()
    assert not seats.asked
    seats.take(HERE, "another")
    seats.leave()


def test_another_has_what_was_lent() -> None:
    seats, done = Seats(1), list[str]()

    def work() -> None:
        seats.take(HERE, "another")
        done.append("another")
        seats.leave()

    seats.take(HERE, "caller")
    thread = threading.Thread(target=work)
    with seats.lent(HERE):
        thread.start()
        thread.join()
    done.append("caller")
    seats.leave()
    assert done == ["another", "caller"]
