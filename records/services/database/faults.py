"""Faults of the database and the disk, classified in one place, and what they mean for the work
they interrupt.

Classified by SQLSTATE, SQLite's result code or errno, never by the driver's message: it may name
hosts and roles, and differs between versions.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import Any, TypeVar

from django.db import Error as DatabaseProblem

from records.exceptions import OutcomeUnknown, StorageFull, Unavailable

from .connections import is_in_transaction, replace_connection

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Fault(Enum):
    """What is wrong, apart from the request and the program."""

    LOST = "the connection failed"
    READ_ONLY = "the database is read-only"
    BUSY = "the database is busy"
    RACE = "a concurrent transaction won"
    TIMEOUT = "the statement took too long"
    MOVED = "the database file is missing or was replaced"
    FULL = "the disk is full"
    STORAGE = "the storage failed"


MESSAGES = {
    Fault.LOST: "The database cannot be reached; try again shortly.",
    Fault.READ_ONLY: "The database is read-only at the moment; try again shortly.",
    Fault.MOVED: "The server's database file was moved; try again when its operator has put it "
    "back.",
    Fault.BUSY: "The database is busy; try again.",
    Fault.RACE: "Other writers kept changing the same data; try again.",
    Fault.TIMEOUT: "The database took too long; try again.",
    Fault.STORAGE: "The server's storage failed; try again shortly.",
}
SECONDS = {Fault.LOST: 2, Fault.READ_ONLY: 2, Fault.MOVED: 10, Fault.STORAGE: 10}
SQLSTATES = {
    "57P01": Fault.LOST,  # terminated by an administrator
    "57P02": Fault.LOST,  # the server crashed
    "57P03": Fault.LOST,  # the server is starting or stopping
    "57P05": Fault.LOST,  # idle for too long
    "25P03": Fault.LOST,  # idle in a transaction for too long
    "25P04": Fault.LOST,  # a transaction took too long
    "25006": Fault.READ_ONLY,
    "40001": Fault.RACE,
    "40P01": Fault.RACE,
    "55P03": Fault.BUSY,  # a lock was not available
    "57014": Fault.TIMEOUT,
    "53100": Fault.FULL,
    "58030": Fault.STORAGE,
}
SQLSTATE_CLASSES = {
    "08": Fault.LOST,  # connection exceptions
    "53": Fault.BUSY,  # insufficient resources
}
SQLITE_EXTENDED_CODES = {sqlite3.SQLITE_READONLY_DBMOVED: Fault.MOVED}
SQLITE_CODES = {
    sqlite3.SQLITE_BUSY: Fault.BUSY,
    sqlite3.SQLITE_LOCKED: Fault.BUSY,
    sqlite3.SQLITE_PROTOCOL: Fault.BUSY,
    sqlite3.SQLITE_NOMEM: Fault.BUSY,
    sqlite3.SQLITE_INTERRUPT: Fault.TIMEOUT,
    sqlite3.SQLITE_READONLY: Fault.READ_ONLY,
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_IOERR: Fault.STORAGE,
    sqlite3.SQLITE_CANTOPEN: Fault.LOST,
    sqlite3.SQLITE_NOTADB: Fault.STORAGE,
    sqlite3.SQLITE_CORRUPT: Fault.STORAGE,
    sqlite3.SQLITE_PERM: Fault.STORAGE,
}
ERRNOS: Mapping[int | None, Fault] = {
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
    errno.EFBIG: Fault.FULL,
    errno.EIO: Fault.STORAGE,
    errno.EROFS: Fault.STORAGE,
    errno.ESTALE: Fault.STORAGE,
}


def fault_of(error: BaseException | None) -> Fault | None:
    """The fault behind an exception; None for program errors and everything else."""
    if isinstance(error, DatabaseProblem):
        # Django wraps the driver's exception, and only that one has the code.
        return _driver_fault(error.__cause__)
    if isinstance(error, OSError):
        return ERRNOS.get(error.errno)
    return _driver_fault(error)


def _driver_fault(cause: BaseException | None) -> Fault | None:
    """The fault in an exception of a driver, by whichever code the driver gives it."""
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0)
        # The extended code says more; its lowest byte is the primary code.
        return SQLITE_EXTENDED_CODES.get(code) or SQLITE_CODES.get(code & 0xFF)
    # None has a meaning of its own: the driver raised the exception itself.
    missing = object()
    state: Any = getattr(cause, "sqlstate", missing)
    if state is missing:
        return None
    if state is not None:
        return SQLSTATES.get(state) or SQLSTATE_CLASSES.get(state[:2])
    # No SQLSTATE: the driver raised this itself, without a connection or after losing it.
    kinds = {kind.__name__ for kind in type(cause).__mro__}
    if kinds & {"PoolTimeout", "TooManyRequests"}:
        return Fault.BUSY
    return Fault.LOST if kinds & {"OperationalError", "InterfaceError"} else None


def unavailable(fault: Fault, *, unchanged: bool = False) -> Unavailable:
    """The error reported for a fault. `unchanged`: no part of a requested change was carried
    out."""
    if fault is Fault.FULL:
        return StorageFull()
    refusal = Unavailable(
        f"{MESSAGES[fault]} Nothing was changed." if unchanged else MESSAGES[fault]
    )
    refusal.retry_after = SECONDS.get(fault, refusal.retry_after)
    return refusal


@contextmanager
def optional() -> Iterator[None]:
    """For a write that accompanies a read: skipped if the database is read-only, full or busy."""
    try:
        yield
    except DatabaseProblem as error:
        # In an open transaction, the failed statement has ended all that surrounds it.
        if is_in_transaction() or fault_of(error) not in (Fault.READ_ONLY, Fault.FULL, Fault.BUSY):
            raise


@contextmanager
def unavailable_when_faulty(*, changing: bool = False) -> Iterator[None]:
    """Turn faults into Unavailable. `changing`: a lost connection leaves the outcome unknown."""
    try:
        yield
    except Unavailable:
        # Already in the form that callers get.
        raise
    except Exception as error:
        refusal = refusal_of(error, changing=changing)
        if refusal is None:
            raise
        raise refusal from error


def refusal_of(error: BaseException | None, *, changing: bool = False) -> Unavailable | None:
    """The error reported for a fault, which is logged without the driver's message; None if it is
    not a fault."""
    if isinstance(error, Unavailable):
        return error
    fault = fault_of(error)
    if fault is None:
        return None
    note(error, fault)
    return OutcomeUnknown() if changing and fault is Fault.LOST else unavailable(fault)


def note(error: BaseException | None, fault: Fault) -> None:
    """Log a fault without the driver's message, and drop the connection if it is no longer
    usable."""
    if fault is Fault.MOVED:  # our own message, which says where and what to do
        logger.error("Answered as unavailable: %s.", str(error))
    else:
        logger.warning("Answered as unavailable: %s (%s).", fault.value, _code_of(error))
    if fault in (Fault.LOST, Fault.READ_ONLY):
        replace_connection()


def _code_of(error: BaseException | None) -> str:
    cause = error.__cause__ if isinstance(error, DatabaseProblem) else error
    code = (
        getattr(cause, "sqlstate", None)
        or getattr(cause, "sqlite_errorname", None)
        or getattr(cause, "errno", None)
    )
    return f"{type(cause).__name__} {code or ''}".strip()


def repeated_when_lost(work: Callable[[], T]) -> T:
    """The result of `work`, which only reads; repeated once if the connection died before it
    returned."""
    try:
        return work()
    except Exception as error:
        if not is_repeatable(error):
            raise
    return work()


def is_repeatable(error: BaseException | None) -> bool:
    """Whether a read that failed with `error` may be repeated: its connection was lost, and is
    replaced here."""
    if is_in_transaction() or fault_of(error) is not Fault.LOST:
        return False
    replace_connection()
    return True
