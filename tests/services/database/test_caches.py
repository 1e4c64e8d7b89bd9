"""A cache keeps what was used last, and what is made once is made by one thread."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from records.services.database.caches import Cache, Once


def test_the_least_recently_used_entry_goes_first() -> None:
    cache = Cache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_a_replaced_entry_takes_no_second_place() -> None:
    cache = Cache(2)
    for item in (1, 2, 3):
        cache.put("a", item)
    cache.put("b", 4)
    assert [cache.get(key) for key in "ab"] == [3, 4]


def test_a_cleared_cache_is_empty() -> None:
    cache = Cache(2)
    cache.put("a", 1)
    cache.clear()
    assert cache.get("a") is None


def test_a_thing_is_made_once_however_many_ask_for_it_at_that_moment() -> None:
    both = threading.Barrier(2)

    def make() -> list[bool]:
        try:
            both.wait(0.2)
        except threading.BrokenBarrierError:
            return [False]
        return [True]  # two threads are here

    made = Once(make)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: made(), range(4)))

    assert found == [[False]] * 4
    assert len({id(each) for each in found}) == 1
    made.forget()
    assert made() is not found[0]
