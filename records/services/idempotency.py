"""Unsafe calls that are repeated safely: a key, what was asked under it, and what was answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from records.exceptions import Conflict, IdempotencyMismatch
from records.models import IdempotencyKey

from .access import Author
from .transactions import in_one_transaction

KEPT = timedelta(hours=24)
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
    """
    claimed = _claim(author, key, fingerprint)
    if claimed.status is not None:
        return Answer(claimed.status, claimed.headers, bytes(claimed.body)), True

    def work_and_keep() -> Answer:
        answer = work()
        _mine(author, claimed).update(status=answer.status, headers=answer.headers, body=answer.body)
        return answer

    try:
        return in_one_transaction(work_and_keep), False
    except BaseException:
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
