"""Caches of one process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from records.rehearsal import rehearsal


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
