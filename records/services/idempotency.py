"""Unsafe calls that are repeated safely: a key, what was asked under it, and what was answered.

A call claims its key with a row, and locks that row in the transaction that does the work and stores the answer. The
lock ends with the transaction, so with the process that was killed: a row without an answer that nobody has locked
belongs to no living call, and a repeat takes it over. Whoever holds the lock is the only one at work.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import Error, IntegrityError, connection, transaction
from django.db.models import QuerySet

from records.exceptions import Conflict, ExternalError, IdempotencyMismatch, InFlight, InTransaction, RecordsError
from records.models import IdempotencyKey

from .access import Author
from .transactions import in_one_transaction

KEPT = timedelta(hours=24)
UNKNOWN = 0  # the status of a call that may have been carried out elsewhere
CALLING = 1  # the status of a call that is being carried out elsewhere
CALLING_AT_MOST = timedelta(minutes=2)  # a call of an upstream that takes longer has died
ENDED = "Another call with this Idempotency-Key has just ended; try again."
BUSY = "A call with this Idempotency-Key is in flight; repeat it later."


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, as it can be given again."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Held(Exception):
    """Another call has this key; `row` is what it left, None while it is at work."""

    def __init__(self, row: IdempotencyKey | None) -> None:
        super().__init__()
        self.row = row


def run_once(author: Author, key: str, fingerprint: str, work: Callable[[], Answer]) -> tuple[Answer, bool]:
    """The answer of `work`, or the one it gave under this key in the last 24 hours; and whether it is the latter.

    The answer is stored in the write's own transaction, so neither exists without the other. A refused call
    (`work` raises) frees the key. IdempotencyMismatch: the key was used for another request; InFlight: a call with
    this key is still being carried out.

    Work that is done elsewhere is done outside of the transaction; when it may have been done, but nobody knows, the
    key stays used: its call is never made again, and is refused with ExternalError.
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
        if connection.in_atomic_block:
            _free(rows, None)
            raise
    except BaseException:
        # If COMMIT was carried out after all, the row has its answer by now, and keeps it.
        _free(rows, None)
        raise
    return _call_and_keep(rows, work), False


def _call_and_keep(rows: QuerySet[IdempotencyKey], work: Callable[[], Answer]) -> Answer:
    """Work that is done elsewhere: that it has begun is stored first, and outlives this process."""
    if not rows.filter(status=None).update(status=CALLING, created_at=datetime.now(UTC)):
        raise InFlight(BUSY)
    try:
        answer = work()
        _keep(rows, answer)
    except ExternalError as error:
        if error.outcome == "refused":
            _free(rows, CALLING)
        else:
            rows.update(status=UNKNOWN)
        raise
    except RecordsError:
        _free(rows, CALLING)  # refused before it was sent
        raise
    except BaseException:
        with suppress(Error):  # the database is away: the caller must learn of the first error
            rows.update(status=UNKNOWN)
        raise
    return answer


def _hold(rows: QuerySet[IdempotencyKey]) -> None:
    """Lock the claim until the transaction ends; on SQLite the transaction itself keeps others out."""
    row = rows.select_for_update(skip_locked=True).first()
    if row is None or row.status is not None:
        raise _Held(row)


def _keep(rows: QuerySet[IdempotencyKey], answer: Answer) -> None:
    rows.update(status=answer.status, headers=answer.headers, body=answer.body)


def _free(rows: QuerySet[IdempotencyKey], status: int | None) -> None:
    with suppress(Error):  # the database is away: the caller must learn of the first error
        rows.filter(status=status).delete()


def _answer_of(row: IdempotencyKey) -> Answer:
    """What the call that ended was answered; raises where it has not ended, or nobody knows how."""
    if row.status == CALLING and row.created_at > datetime.now(UTC) - CALLING_AT_MOST:
        raise InFlight(BUSY)
    if row.status in (CALLING, UNKNOWN):
        raise ExternalError("What became of the call with this Idempotency-Key is unknown.", outcome="unknown")
    assert row.status is not None
    return Answer(row.status, row.headers, bytes(row.body))


def _claim(author: Author, key: str, fingerprint: str) -> IdempotencyKey:
    """This call's row, which is new, or the one that an earlier call left."""
    rows = IdempotencyKey.objects.filter(workspace_id=author.workspace.id, caller=author.caller, key=key)
    rows.filter(created_at__lt=datetime.now(UTC) - KEPT).delete()
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                workspace_id=author.workspace.id, caller=author.caller, key=key, fingerprint=fingerprint
            )
    except IntegrityError:
        found = rows.first()
    if found is None:
        raise Conflict(ENDED)
    if found.fingerprint != fingerprint:
        raise IdempotencyMismatch("This Idempotency-Key was used for another request.")
    return found
