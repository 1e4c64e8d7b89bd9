"""Running work in one transaction: again when it lost a race, or its connection before it was asked to commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, connection, transaction

from records.exceptions import Conflict, OutcomeUnknown, Unavailable

from .connections import replace_connection
from .faults import Fault, fault_of, note, unavailable

T = TypeVar("T")
ATTEMPTS = 20
LOCAL = (Fault.BUSY, Fault.TIMEOUT)  # of one statement: the transaction around it may go on
UNDECIDED = (Fault.LOST, Fault.STORAGE)  # met by COMMIT, they leave open whether it was carried out


def in_one_transaction(work: Callable[[], T]) -> T:
    """Run `work` in a transaction, again when a concurrent writer won, and once more when the connection died.

    `work` must be repeatable: it reads what it needs itself. A unique constraint that another writer met first is
    a lost race: the next attempt sees that writer's record and says what is true then. Inside an open transaction
    the attempts are savepoints, and a fault of the whole transaction is left to the outermost one. Conflict after
    twenty attempts; Unavailable, with nothing changed, when the database cannot do it now; OutcomeUnknown when the
    connection died while COMMIT was on its way.
    """
    nested, lost = connection.in_atomic_block, False
    for _ in range(ATTEMPTS):
        committing = False
        try:
            with transaction.atomic():
                result = work()
                committing = True
            return result
        except IntegrityError as error:
            last: Exception = error
        except Exception as error:
            last, fault = error, fault_of(error)
            if fault is None or (nested and fault not in LOCAL):
                raise
            if fault is Fault.LOST and not committing and not lost:
                lost = True
                replace_connection()
            elif fault is not Fault.RACE:
                raise _refusal(error, fault, committing=committing) from error
    raise Conflict("Other writers kept changing the same records; try again.") from last


def _refusal(error: Exception, fault: Fault, *, committing: bool) -> Unavailable:
    """What a fault means for the transaction that met it."""
    note(error, fault)
    if committing and fault in UNDECIDED:
        return OutcomeUnknown()
    return unavailable(fault, unchanged=True)
