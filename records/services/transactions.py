"""Running work in one transaction, again when it lost a race."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

from records.exceptions import Conflict, Unavailable

from .sql import is_timeout

T = TypeVar("T")
ATTEMPTS = 20
LOST_RACES = {"40001", "40P01"}  # serialization failure, deadlock


def in_one_transaction(work: Callable[[], T]) -> T:
    """Run `work` in a transaction, again when a concurrent writer won.

    `work` must be repeatable: it reads what it needs itself. A unique constraint that another writer met first is
    a lost race: the next attempt sees that writer's record and says what is true then. Inside an open transaction
    the attempts are savepoints. Conflict after twenty attempts; Unavailable when SQLite's lock cannot be had.
    """
    nested = connection.in_atomic_block
    for _ in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return work()
        except IntegrityError as error:
            last: Exception = error
        except OperationalError as error:
            if "database is locked" in str(error):
                raise Unavailable("The database is busy; try again.") from error
            if is_timeout(error):
                raise Unavailable("The database took too long; try again.") from error
            if nested or getattr(error.__cause__, "sqlstate", None) not in LOST_RACES:
                raise
            last = error
    raise Conflict("Other writers kept changing the same records; try again.") from last
