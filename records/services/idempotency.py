"""Unsafe calls that are repeated safely: a key, what was asked under it, and what was answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import Error, IntegrityError, connection, transaction

from records.exceptions import Conflict, ExternalError, IdempotencyMismatch, InTransaction
from records.models import IdempotencyKey

from .access import Author
from .transactions import in_one_transaction

KEPT = timedelta(hours=24)
UNKNOWN = 0  # the status of a call that may have been carried out elsewhere
IN_FLIGHT = timedelta(minutes=2)  # a call that takes longer has died


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, as it can be given again."""

    status: int
    headers: dict[str, str]
    body: bytes


def run_once(author: Author, key: str, fingerprint: str, work: Callable[[], Answer]) -> tuple[Answer, bool]:
    """The answer of `work`, or the one it gave under this key in the last 24 hours; and whether it is the latter.

    The answer is stored in the write's own transaction, so neither exists without the other. A refused call
    (`work` raises) frees the key. IdempotencyMismatch: the key was used for another request; Conflict: a call with
    this key is still in flight.

    Work that is done elsewhere is done outside of the transaction; when it may have been done, but nobody knows, the
    key stays used: its call is never made again, and is refused with ExternalError.
    """
    claimed = _claim(author, key, fingerprint)
    if claimed.status == UNKNOWN:
        raise ExternalError("What became of the call with this Idempotency-Key is unknown.", outcome="unknown")
    if claimed.status is not None:
        return Answer(claimed.status, claimed.headers, bytes(claimed.body)), True

    def work_and_keep() -> Answer:
        answer = work()
        _mine(author, claimed).update(status=answer.status, headers=answer.headers, body=answer.body)
        return answer

    try:
        try:
            return in_one_transaction(work_and_keep), False
        except InTransaction:
            if connection.in_atomic_block:
                raise
            return work_and_keep(), False
    except ExternalError as error:
        rows = _mine(author, claimed)
        rows.filter(status=None).delete() if error.outcome == "refused" else rows.update(status=UNKNOWN)
        raise
    except BaseException:
        with suppress(Error):  # the database is away: the caller is to learn of the first error
            _mine(author, claimed).filter(status=None).delete()
        raise


def _mine(author: Author, claimed: IdempotencyKey):  # type: ignore[no-untyped-def]
    return IdempotencyKey.objects.filter(workspace_id=author.workspace.id, id=claimed.id)


def _claim(author: Author, key: str, fingerprint: str) -> IdempotencyKey:
    """This call's row, new and in flight, or the finished row of the same call."""
    now = datetime.now(UTC)
    rows = IdempotencyKey.objects.filter(workspace_id=author.workspace.id, caller=author.caller, key=key)
    rows.filter(created_at__lt=now - KEPT).delete()
    rows.filter(status=None, created_at__lt=now - IN_FLIGHT).delete()
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                workspace_id=author.workspace.id, caller=author.caller, key=key, fingerprint=fingerprint
            )
    except IntegrityError:
        found = rows.first()
    if found is None:
        raise Conflict("Another call with this Idempotency-Key has just ended; try again.")
    if found.fingerprint != fingerprint:
        raise IdempotencyMismatch("This Idempotency-Key was used for another request.")
    if found.status is None:
        raise Conflict("A call with this Idempotency-Key is in flight.")
    return found
