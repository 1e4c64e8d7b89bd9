"""Parts of limits that a process has reserved: it counts most requests without a statement."""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import TYPE_CHECKING

from records.exceptions import Standing

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.storage import Storage

logger = logging.getLogger(__name__)

MOST = 20_000  # callers that a process remembers
PARTS = 100  # a process reserves this part of a limit at a time
NEAR_THE_END = 32  # and, of what is left of it, this part
UNCOUNTED_SECONDS = 5.0


class Lease:
    """What a process knows of one count: `counted` by all processes as of its last statement,
    `left` of what it has reserved, and when the count begins anew."""

    __slots__ = ("counted", "ends", "left", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget a window that is over, if there was one."""
        self.counted = self.left = 0
        self.ends = 0.0

    def is_spent(self, amount: int, now: float) -> bool:
        """Whether nothing is left of the limit, for anybody."""
        return self.ends > now and self.left == 0 and self.counted >= amount


class Leases:
    """The leases of a process on the counts of one storage.

    All processes together never grant more than a limit. What they grant less is what those that
    get no more requests have reserved: at most a hundredth of it each.
    """

    def __init__(self, storage: Storage, *, one_by_one: bool = False) -> None:
        self._storage = storage
        self._one_by_one = one_by_one
        self._leases: dict[str, Lease] = {}
        self._uncounted_until = 0.0

    def take(self, item: RateLimitItem, key: str) -> tuple[bool, Standing]:
        """Count one more, if the limit allows it; and where the caller stands then."""
        lease = self._lease_of(key)
        with lease.lock:
            now = time.time()
            if lease.ends <= now:
                lease.begin_anew()
            if not lease.left and not lease.is_spent(item.amount, now):
                self._reserve(lease, item, key, now)
            granted = lease.left > 0
            lease.left -= granted
            return granted, _standing(lease, item, now)

    def is_spent(self, item: RateLimitItem, key: str) -> Standing | None:
        """Where the caller stands, if this process knows that nothing is left; no statement."""
        lease, now = self._leases.get(key), time.time()
        if lease is None or not lease.is_spent(item.amount, now):
            return None
        return _standing(lease, item, now)

    def _lease_of(self, key: str) -> Lease:
        lease = self._leases.get(key)
        if lease is None:
            if len(self._leases) >= MOST:
                self._forget_some()
            lease = self._leases.setdefault(key, Lease())
        return lease

    def _forget_some(self) -> None:
        """Forget windows that are over, and the older half where that is not enough."""
        now = time.time()
        leases = {key: lease for key, lease in self._leases.copy().items() if lease.ends > now}
        self._leases = dict(list(leases.items())[-MOST // 2 :])

    def _reserve(self, lease: Lease, item: RateLimitItem, key: str, now: float) -> None:
        """Reserve the next part. While it cannot be counted, everything is granted."""
        part = 1 if self._one_by_one else _part_of(item.amount, item.amount - lease.counted)
        if now < self._uncounted_until:
            lease.left = part
            return
        try:
            counted = self._storage.incr(key, item.get_expiry(), part)
            if not lease.ends or counted < lease.counted + part:  # somebody began it anew
                lease.ends = self._storage.get_expiry(key)
        except self._storage.base_exceptions as error:
            self._uncounted_until = now + UNCOUNTED_SECONDS
            logger.warning("Requests are not counted just now (%s).", type(error).__name__)
            lease.left = part
            return
        lease.counted = counted
        lease.left = max(0, part - max(0, counted - item.amount))


def _part_of(amount: int, remaining: int) -> int:
    """How much of a limit to reserve."""
    return max(1, min(amount // PARTS, remaining // NEAR_THE_END))


def _standing(lease: Lease, item: RateLimitItem, now: float) -> Standing:
    unreserved = max(0, item.amount - lease.counted)
    return Standing(item.amount, unreserved + lease.left, max(0, math.ceil(lease.ends - now)))
