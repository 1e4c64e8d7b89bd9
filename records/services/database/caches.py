"""What one process keeps: caches, and things that it makes once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from records.rehearsal import rehearsal

T = TypeVar("T")


class Once(Generic[T]):
    """Makes something when it is first asked for: one thing, however many threads ask for it then.
    With `functools.cache` each of them would get one of its own, which must not be where it has a
    state."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: tuple[()] | tuple[T] = ()
        self._lock = threading.Lock()

    def __call__(self) -> T:
        made = self._made
        if not made:  # without the lock, which every request would take
            with self._lock:
                made = self._made = self._made or (self._make(),)
        return made[0]

    def forget(self) -> None:
        """The next to ask gets another one."""
        self._made = ()


class Cache:
    """A per-process cache that drops the least recently used entries first.

    A rehearsal has one of its own in its place: what it learns is rolled back.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._items: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> Any:
        with self._lock:
            items = self._current()
            item = items.get(key)
            if item is not None:
                items.move_to_end(key)
            return item

    def put(self, key: Any, item: Any) -> None:
        with self._lock:
            items = self._current()
            items[key] = item
            if len(items) > self.size:
                items.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._current().clear()

    def _current(self) -> OrderedDict[Any, Any]:
        rehearsed = rehearsal()
        if rehearsed is None:
            return self._items
        own: OrderedDict[Any, Any] = rehearsed.caches.setdefault(id(self), OrderedDict())
        return own
