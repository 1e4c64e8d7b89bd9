"""Repeating unsafe calls safely: a key, the request sent under it, and its answer.

A call claims its key with a row, and locks that row in the transaction that does the work and
stores the answer. The lock ends with the transaction, even when the process is killed: a row that
has no answer and is not locked belongs to a dead call, and a repeat takes it over. Only the call
that holds the lock is running.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import Error, IntegrityError, connection, transaction
from django.db.models import QuerySet

from records.exceptions import (
    Conflict,
    ExternalError,
    IdempotencyMismatch,
    InFlight,
    InTransaction,
    RecordsError,
)
from records.models import IdempotencyKey
from records.services.access import Author
from records.services.database import in_one_transaction
from records.services.retention import ANSWERS_KEPT

UNKNOWN = 0  # the status of a call that may have been carried out elsewhere
CALLING = 1  # the status of a call that is being carried out elsewhere
CALLING_AT_MOST = timedelta(minutes=2)  # a call of an upstream that takes longer has died
ENDED = "Another request with this Idempotency-Key has just finished; try again."
BUSY = "A request with this Idempotency-Key is in progress; try again later."


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, as it can be given again."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Held(Exception):
    """Another call has this key; `row` is its result, None while it is running."""

    def __init__(self, row: IdempotencyKey | None) -> None:
        self.row = row


def run_once(
    author: Author, key: str, fingerprint: str, work: Callable[[], Answer]
) -> tuple[Answer, bool]:
    """The answer of `work`, or the one it gave under this key in the last 24 hours; and whether it
    is the latter.

    The answer is stored in the write's own transaction, so neither exists without the other. A
    refused call (`work` raises) frees the key. IdempotencyMismatch: the key was used for another
    request; InFlight: a call with this key is still being carried out.

    Work in another system is done outside the transaction. When its outcome is unknown the key
    stays used: the call is never made again, and repeats are refused with ExternalError.
    """
    claimed = _claim(author, key, fingerprint)
    if claimed.status is not None:
        return _answer_of(claimed), True
    rows = IdempotencyKey.objects.filter(workspace_id=author.workspace.id, id=claimed.pk)

    def work_and_keep() -> Answer:
        _hold(rows)
        answer = work()
        _keep(rows, answer)
        return answer

    try:
        return in_one_transaction(work_and_keep), False
    except _Held as held:
        if held.row is None:
            raise InFlight(BUSY) from None
        return _answer_of(held.row), True
    except InTransaction:
        # Another system must not be called in a transaction. One around this call cannot be left.
        if connection.in_atomic_block:
            _free(rows, None)
            raise
    except BaseException:
        # If COMMIT was carried out after all, the row has its answer, and stays.
        _free(rows, None)
        raise
    return _call_and_keep(rows, work), False


def _call_and_keep(rows: QuerySet[IdempotencyKey], work: Callable[[], Answer]) -> Answer:
    """Do work in another system; its start is stored first and survives a crash."""
    # Several repeats may get here at once: one of them finds the row unclaimed.
    if not rows.filter(status=None).update(status=CALLING, created_at=datetime.now(UTC)):
        raise InFlight(BUSY)
    try:
        answer = work()
        _keep(rows, answer)
    except ExternalError as error:
        # The upstream has done nothing, so the key may be used again.
        if error.outcome == "refused":
            _free(rows, CALLING)
        else:
            rows.update(status=UNKNOWN)
        raise
    except RecordsError:
        _free(rows, CALLING)  # refused before it was sent
        raise
    except BaseException:
        # Failed or stopped midway: the upstream may have carried the call out.
        with suppress(Error):  # the database is away: the caller must learn of the first error
            rows.update(status=UNKNOWN)
        raise
    return answer


def _hold(rows: QuerySet[IdempotencyKey]) -> None:
    """Lock the claim until the transaction ends; on SQLite the transaction itself excludes
    others."""
    # Skipped, not awaited: a locked row means a running call, and the caller learns that at once.
    row = rows.select_for_update(skip_locked=True).first()
    if row is None or row.status is not None:
        raise _Held(row)


def _keep(rows: QuerySet[IdempotencyKey], answer: Answer) -> None:
    rows.update(status=answer.status, headers=answer.headers, body=answer.body)


def _free(rows: QuerySet[IdempotencyKey], status: int | None) -> None:
    with suppress(Error):  # the database is away: the caller must learn of the first error
        rows.filter(status=status).delete()


def _answer_of(row: IdempotencyKey) -> Answer:
    """The answer of a finished call; raises when it is still running, or its outcome is unknown."""
    if row.status == CALLING and row.created_at > datetime.now(UTC) - CALLING_AT_MOST:
        raise InFlight(BUSY)
    if row.status in (CALLING, UNKNOWN):
        raise ExternalError(
            "The outcome of the request with this Idempotency-Key is unknown.", outcome="unknown"
        )
    assert row.status is not None
    return Answer(row.status, row.headers, bytes(row.body))


def _claim(author: Author, key: str, fingerprint: str) -> IdempotencyKey:
    """This call's new row, or the one that an earlier call left."""
    rows = IdempotencyKey.objects.filter(
        workspace_id=author.workspace.id, caller=author.caller, key=key
    )
    # An expired key is free again, even before the sweeper removes it.
    rows.filter(created_at__lt=datetime.now(UTC) - ANSWERS_KEPT).delete()
    try:
        # A savepoint: on PostgreSQL a violated constraint would end an open transaction.
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                workspace_id=author.workspace.id,
                caller=author.caller,
                key=key,
                fingerprint=fingerprint,
            )
    except IntegrityError:
        found = rows.first()
    # The other call was refused, and freed the key, between the two statements.
    if found is None:
        raise Conflict(ENDED)
    if found.fingerprint != fingerprint:
        raise IdempotencyMismatch("This Idempotency-Key was used for another request.")
    return found
