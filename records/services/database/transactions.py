"""Running work in one transaction; retried after a lost race, or when the connection is lost before
the commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, connection, transaction

from records.exceptions import Conflict, OutcomeUnknown, Unavailable
from records.rehearsal import Notes, noted_whole, noting

from .connections import replace_connection
from .faults import (
    Fault,
    fault_of,
    note,
    unavailable,
)

T = TypeVar("T")
ATTEMPTS = 20
# Faults of one statement: the transaction around it can continue.
LOCAL = (Fault.BUSY, Fault.TIMEOUT)
# During COMMIT, these leave it unknown whether the changes were stored.
UNDECIDED = (Fault.LOST, Fault.STORAGE)


def in_one_transaction(work: Callable[[], T]) -> T:
    """Run `work` in a transaction; retry when a concurrent writer won, and once when the connection
    died.

    `work` must be repeatable: it reads what it needs itself. A violated unique constraint counts as
    a lost race: the next attempt sees the other writer's record and judges by it. Inside an open
    transaction the attempts are savepoints, and faults of the whole transaction are left to the
    outermost one. Conflict after twenty attempts; Unavailable, with nothing changed, when the
    database cannot do it now; OutcomeUnknown when the connection died during COMMIT.
    """
    nested, lost = connection.in_atomic_block, False
    for _ in range(ATTEMPTS):
        committing = False
        try:
            with noted_whole(), transaction.atomic():
                result = work()
                committing = True
            return result
        except IntegrityError as error:
            last: Exception = error
        except Exception as error:
            last, fault = error, _handled_fault(error, nested=nested)
            if fault is None:
                raise
            # Without a COMMIT under way nothing was stored, so the work can run again; once, or it
            # never ends.
            if fault is Fault.LOST and not committing and not lost:
                lost = True
                replace_connection()
            elif fault is not Fault.RACE:
                raise _refusal(error, fault, committing=committing) from error
    raise Conflict("Other writers kept changing the same records; try again.") from last


def rehearse(work: Callable[[Notes], T], *, stores_files: bool = False) -> T:
    """The result of `work`, which is undone: it is run in a transaction that is rolled back.

    It must be repeatable, and gets the notes of what it does. What a rollback does not undo must
    not happen: see `records.rehearsal`.
    """

    def undone() -> T:
        with noting(Notes(rehearsed=True, stores_files=stores_files)) as taken:
            result = work(taken)
            # What a COMMIT would check.
            if connection.vendor == "postgresql":
                connection.check_constraints()
            transaction.set_rollback(True)
        return result

    return in_one_transaction(undone)


def watch(work: Callable[[Notes], T]) -> T:
    """The result of `work`, which gets the notes of what it does, in one transaction."""

    def watched() -> T:
        with noting(Notes(rehearsed=False)) as taken:
            return work(taken)

    return in_one_transaction(watched)


def _handled_fault(error: Exception, *, nested: bool) -> Fault | None:
    """The fault to handle here; None for a program error, and for what only the outermost
    transaction can handle."""
    fault = fault_of(error)
    return None if nested and fault not in LOCAL else fault


def _refusal(error: Exception, fault: Fault, *, committing: bool) -> Unavailable:
    """The error to report for a fault of the transaction."""
    note(error, fault)
    if committing and fault in UNDECIDED:
        return OutcomeUnknown()
    return unavailable(fault, unchanged=True)
