"""What an exception means: each code of the engines and of the operating system, and what is
reported."""

from __future__ import annotations

import errno
import sqlite3
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError

from records.exceptions import OutcomeUnknown, StorageFull, Unavailable
from records.services.database.faults import (
    Fault,
    fault_of,
    is_repeatable,
    optional,
    refusal_of,
    repeated_when_lost,
    unavailable_when_faulty,
)


class DriverError(Exception):
    """An exception with the attribute that PostgreSQL's driver sets."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("host=secret")
        self.sqlstate = sqlstate


class PoolTimeout(DriverError):
    """Named as the one that the pool raises."""


class InterfaceError(DriverError):
    """Named as the one that the driver raises about itself."""


def postgres(sqlstate: str | None, kind: type[DriverError] = DriverError) -> DatabaseError:
    error = OperationalError("host=secret")
    error.__cause__ = kind(sqlstate)
    return error


def sqlite(code: int) -> DatabaseError:
    cause = sqlite3.OperationalError("secret")
    cause.sqlite_errorcode = code
    error = OperationalError("secret")
    error.__cause__ = cause
    return error


CASES: list[tuple[BaseException | None, Fault | None]] = [
    (postgres("57P01"), Fault.LOST),
    (postgres("08006"), Fault.LOST),
    (postgres("25006"), Fault.READ_ONLY),
    (postgres("40P01"), Fault.RACE),
    (postgres("55P03"), Fault.BUSY),
    (postgres("53200"), Fault.BUSY),
    (postgres("53100"), Fault.FULL),
    (postgres("57014"), Fault.TIMEOUT),
    (postgres("23505"), None),
    (postgres(None, PoolTimeout), Fault.BUSY),
    (postgres(None, InterfaceError), Fault.LOST),
    (postgres(None), None),
    (sqlite(sqlite3.SQLITE_BUSY), Fault.BUSY),
    (sqlite(sqlite3.SQLITE_BUSY | 2 << 8), Fault.BUSY),  # an extended code
    (sqlite(sqlite3.SQLITE_FULL), Fault.FULL),
    (sqlite(sqlite3.SQLITE_INTERRUPT), Fault.TIMEOUT),
    (sqlite(sqlite3.SQLITE_CONSTRAINT), None),
    (OSError(errno.ENOSPC, "secret"), Fault.FULL),
    (OSError(errno.EIO, "secret"), Fault.STORAGE),
    (OSError(errno.ENOENT, "secret"), None),
    (OSError("secret"), None),
    (ValueError("secret"), None),
    (IntegrityError("secret"), None),
    (None, None),
]


@pytest.mark.parametrize(("error", "fault"), CASES)
def test_an_exception_is_classified_by_its_code(
    error: BaseException | None, fault: Fault | None
) -> None:
    assert fault_of(error) is fault


def test_the_reported_error_says_what_to_do_and_nothing_of_the_drivers_message() -> None:
    for error, kind in (
        (postgres("57P01"), Unavailable),
        (OSError(errno.ENOSPC, "secret"), StorageFull),
    ):
        refusal = refusal_of(error)
        assert type(refusal) is kind
        assert "secret" not in refusal.detail
    assert refusal_of(ValueError()) is None
    assert type(refusal_of(postgres("57P01"), changing=True)) is OutcomeUnknown
    known = Unavailable("known")
    assert refusal_of(known) is known


def test_faults_become_unavailable_and_errors_of_the_program_stay() -> None:
    with pytest.raises(Unavailable), unavailable_when_faulty():
        raise postgres("53300")
    with pytest.raises(ZeroDivisionError), unavailable_when_faulty():
        raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_a_write_beside_a_read_may_fail_where_the_database_takes_none() -> None:
    def write(sqlstate: str) -> None:
        with optional():
            raise postgres(sqlstate)

    write("25006")
    with pytest.raises(OperationalError):
        write("57P01")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("failures", "expected"), [(0, "done"), (1, "done"), (2, None)])
def test_a_read_is_repeated_once_after_a_lost_connection(
    failures: int, expected: str | None
) -> None:
    errors = [postgres("57P01")] * failures

    def work() -> Any:
        if errors:
            raise errors.pop()
        return "done"

    if expected is None:
        with pytest.raises(OperationalError):
            repeated_when_lost(work)
    else:
        assert repeated_when_lost(work) == expected


@pytest.mark.django_db
def test_nothing_is_repeated_inside_a_transaction() -> None:
    assert not is_repeatable(postgres("57P01"))
