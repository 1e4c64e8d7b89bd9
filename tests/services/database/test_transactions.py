"""Work in a transaction: when it is repeated, and what is reported when it is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, transaction

from records.exceptions import Conflict, RecordsError, Unavailable
from records.models import Workspace
from records.services.database.transactions import ATTEMPTS, in_one_transaction

from .test_faults import postgres

LOST, RACE, BUSY, FULL = (postgres(code) for code in ("57P01", "40001", "55P03", "53100"))


def failing(errors: list[Exception]) -> tuple[Callable[[], int], list[int]]:
    """Work that fails with these errors, one an attempt; and its attempts."""
    attempts: list[int] = []

    def work() -> int:
        attempts.append(len(attempts) + 1)
        if len(attempts) <= len(errors):
            raise errors[len(attempts) - 1]
        return attempts[-1]

    return work, attempts


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "errors",
    [[], [LOST], [RACE], [RACE, RACE, IntegrityError()], [LOST, RACE], [RACE] * (ATTEMPTS - 1)],
)
def test_lost_races_and_one_lost_connection_are_tried_again(errors: list[Exception]) -> None:
    work, attempts = failing(errors)
    assert in_one_transaction(work) == len(errors) + 1
    assert len(attempts) == len(errors) + 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("errors", "kind", "tried"),
    [
        ([RACE] * ATTEMPTS, Conflict, ATTEMPTS),
        ([LOST, LOST], Unavailable, 2),
        ([BUSY], Unavailable, 1),
        ([FULL], Unavailable, 1),
    ],
)
def test_what_cannot_be_done_now_is_refused(
    errors: list[Exception], kind: type[RecordsError], tried: int
) -> None:
    work, attempts = failing(errors)
    with pytest.raises(kind):
        in_one_transaction(work)
    assert len(attempts) == tried


@pytest.mark.django_db(transaction=True)
def test_errors_of_the_program_are_raised_at_once() -> None:
    work, attempts = failing([ZeroDivisionError()])
    with pytest.raises(ZeroDivisionError):
        in_one_transaction(work)
    assert attempts == [1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "kind"), [(LOST, OperationalError), (RACE, OperationalError), (BUSY, Unavailable)]
)
def test_inside_a_transaction_only_faults_of_one_statement_are_handled(
    error: DatabaseError, kind: type[Exception]
) -> None:
    work, attempts = failing([error])
    with pytest.raises(kind), transaction.atomic():
        in_one_transaction(work)
    assert attempts == [1]


@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_failed_leaves_nothing() -> None:
    attempts: list[int] = []

    def work() -> None:
        attempts.append(1)
        Workspace.objects.create(name=f"attempt {len(attempts)}")
        if len(attempts) == 1:
            raise RACE

    in_one_transaction(work)
    assert [row.name for row in Workspace.objects.all()] == ["attempt 2"]
