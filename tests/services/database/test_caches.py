"""A cache keeps what was used last."""

from __future__ import annotations

from records.services.database.caches import Cache


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
