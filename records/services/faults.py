"""Faults of the database and the disk, classified once: what they mean for the work that met them.

Classified by SQLSTATE, SQLite's result code or errno, never by the driver's message, which may name hosts and roles
and differs between versions.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, TypeVar

from django.db import Error as DatabaseProblem

from records.exceptions import OutcomeUnknown, StorageFull, Unavailable

from .connections import is_in_transaction, replace_connection

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Fault(Enum):
    """What is wrong, beside the request and the program."""

    LOST = "the connection failed"
    READ_ONLY = "the database is read-only"
    BUSY = "the database is busy"
    RACE = "a concurrent transaction won"
    TIMEOUT = "the statement took too long"
    FULL = "the disk is full"
    STORAGE = "the storage failed"


MESSAGES = {
    Fault.LOST: "The database cannot be reached; try again shortly.",
    Fault.READ_ONLY: "The database takes no changes at the moment; try again shortly.",
    Fault.BUSY: "The database is busy; try again.",
    Fault.RACE: "Other writers kept changing the same data; try again.",
    Fault.TIMEOUT: "The database took too long; try again.",
    Fault.STORAGE: "The server's storage failed; try again shortly.",
}
SECONDS = {Fault.LOST: 2, Fault.READ_ONLY: 2, Fault.STORAGE: 10}
SQLSTATES = {
    "57P01": Fault.LOST,  # terminated by an administrator
    "57P02": Fault.LOST,  # the server crashed
    "57P03": Fault.LOST,  # it starts or stops
    "57P05": Fault.LOST,  # idle for too long
    "25P03": Fault.LOST,  # idle in a transaction for too long
    "25P04": Fault.LOST,  # a transaction took too long
    "25006": Fault.READ_ONLY,
    "40001": Fault.RACE,
    "40P01": Fault.RACE,
    "55P03": Fault.BUSY,  # a lock was not to be had
    "57014": Fault.TIMEOUT,
    "53100": Fault.FULL,
    "58030": Fault.STORAGE,
}
SQLSTATE_CLASSES = {"08": Fault.LOST, "53": Fault.BUSY}  # connection exception, insufficient resources
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
ERRNOS = {
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
    errno.EFBIG: Fault.FULL,
    errno.EIO: Fault.STORAGE,
    errno.EROFS: Fault.STORAGE,
    errno.ESTALE: Fault.STORAGE,
}


def fault_of(error: BaseException | None) -> Fault | None:
    """The fault behind an exception; None for a mistake of the program, and for anything else."""
    if isinstance(error, DatabaseProblem):
        return _driver_fault(error.__cause__)
    if isinstance(error, OSError):
        return ERRNOS.get(error.errno or 0)
    return _driver_fault(error)


def _driver_fault(cause: BaseException | None) -> Fault | None:
    """The fault in an exception of a driver, by whichever code the driver gives it."""
    if isinstance(cause, sqlite3.Error):
        return SQLITE_CODES.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    missing = object()
    state: Any = getattr(cause, "sqlstate", missing)
    if state is missing:
        return None
    if state is not None:
        return SQLSTATES.get(state) or SQLSTATE_CLASSES.get(state[:2])
    # The driver itself speaks: it got no connection, or has lost it.
    kinds = {kind.__name__ for kind in type(cause).__mro__}
    if kinds & {"PoolTimeout", "TooManyRequests"}:
        return Fault.BUSY
    return Fault.LOST if kinds & {"OperationalError", "InterfaceError"} else None


def unavailable(fault: Fault, *, unchanged: bool = False) -> Unavailable:
    """What a caller is told of a fault. `unchanged`: of a change it is known that nothing of it was carried out."""
    if fault is Fault.FULL:
        return StorageFull()
    refusal = Unavailable(f"{MESSAGES[fault]} Nothing was changed." if unchanged else MESSAGES[fault])
    refusal.retry_after = SECONDS.get(fault, refusal.retry_after)
    return refusal


@contextmanager
def optional() -> Iterator[None]:
    """A change that a read makes on the side: the read goes on without it where the database takes no changes."""
    try:
        yield
    except DatabaseProblem as error:
        if is_in_transaction() or fault_of(error) not in (Fault.READ_ONLY, Fault.FULL, Fault.BUSY):
            raise


@contextmanager
def unavailable_when_faulty(*, changing: bool = False) -> Iterator[None]:
    """Turn faults into Unavailable. `changing`: a change was asked for, so a lost connection leaves it in doubt."""
    try:
        yield
    except Unavailable:
        raise
    except Exception as error:
        refusal = refusal_of(error, changing=changing)
        if refusal is None:
            raise
        raise refusal from error


def refusal_of(error: BaseException | None, *, changing: bool = False) -> Unavailable | None:
    """What a caller is told of a fault, which is logged without the driver's message; None for what is no fault."""
    if isinstance(error, Unavailable):
        return error
    fault = fault_of(error)
    if fault is None:
        return None
    note(error, fault)
    return OutcomeUnknown() if changing and fault is Fault.LOST else unavailable(fault)


def note(error: BaseException | None, fault: Fault) -> None:
    """Log a fault without the driver's message, and leave a connection that is no good any more."""
    logger.warning("Answered as unavailable: %s (%s).", fault.value, _code_of(error))
    if fault in (Fault.LOST, Fault.READ_ONLY):
        replace_connection()


def _code_of(error: BaseException | None) -> str:
    cause = error.__cause__ if isinstance(error, DatabaseProblem) else error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or getattr(cause, "errno", None)
    return f"{type(cause).__name__} {code or ''}".strip()


def repeated_when_lost(work: Callable[[], T]) -> T:
    """The answer of `work`, which changes nothing: asked again, once, when the connection died before it had one."""
    try:
        return work()
    except Exception as error:
        if not is_repeatable(error):
            raise
    return work()


def is_repeatable(error: BaseException | None) -> bool:
    """Whether a read that met `error` may be repeated now: its connection was lost, and is replaced."""
    if is_in_transaction() or fault_of(error) is not Fault.LOST:
        return False
    replace_connection()
    return True
