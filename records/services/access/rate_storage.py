"""Counts in our own database, as the library for limits asks for them.

Imported when the first limit is looked at: the library takes a tenth of a second, which commands
need not wait for.
"""

from __future__ import annotations

import time

from django.db import DatabaseError, InterfaceError
from limits.storage import Storage

from records.services.database import execute, fetch, repeated_when_lost

# One statement, so that callers who count at the same moment are all counted.
_INCREASE = """
INSERT INTO records_ratecount (key, count, ends_at) VALUES (%s, %s, %s)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN records_ratecount.ends_at <= %s THEN excluded.count
                 ELSE records_ratecount.count + excluded.count END,
    ends_at = CASE WHEN records_ratecount.ends_at <= %s THEN excluded.ends_at
                   ELSE records_ratecount.ends_at END
RETURNING count
"""
REDIS_SECONDS = 2.0
_IN_FORCE = "FROM records_ratecount WHERE key = %s AND ends_at > %s"


class DatabaseStorage(Storage):
    """Counts as rows; each call is a statement of its own, outside of any transaction. The time is
    that of the process."""

    STORAGE_SCHEME = None

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """What the database raises."""
        return (DatabaseError, InterfaceError)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count, which begins anew when its time is over; return the new one."""
        now = time.time()
        params = [key, amount, now + expiry, now, now]
        ((count,),) = repeated_when_lost(lambda: fetch(_INCREASE, params))
        return int(count)

    def get(self, key: str) -> int:
        """Return a count."""
        rows = fetch(f"SELECT count {_IN_FORCE}", [key, time.time()])
        return int(rows[0][0]) if rows else 0

    def get_expiry(self, key: str) -> float:
        """Return when a count begins anew."""
        now = time.time()
        rows = fetch(f"SELECT ends_at {_IN_FORCE}", [key, now])
        return float(rows[0][0]) if rows else now

    def check(self) -> bool:
        """Return whether counts can be read."""
        try:
            self.get("")
        except self.base_exceptions:
            return False
        return True

    def reset(self) -> int | None:
        """Forget all counts."""
        return execute("DELETE FROM records_ratecount")

    def clear(self, key: str) -> None:
        """Forget a count."""
        execute("DELETE FROM records_ratecount WHERE key = %s", [key])


def storage_at(url: str) -> Storage:
    """The storage at an address of Redis; without one, our database."""
    if not url:
        return DatabaseStorage()
    from limits.storage import RedisStorage
    from redis import ConnectionPool

    # A Redis that does not answer must not hold requests up. The connections of such a pool ask
    # once: what was not answered may have been counted.
    pool = ConnectionPool.from_url(url, socket_timeout=REDIS_SECONDS)
    return RedisStorage(url, connection_pool=pool, key_prefix="records")
