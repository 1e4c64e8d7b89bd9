"""Noting what came of a message, and what follows from it."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils import timezone

from records.models import DeliveryState, Webhook, WebhookDelivery

from .posting import Sent
from .schedule import BACK_OFF, TOLERATED, asked_until, next_attempt, pause
from .stopping import Stop, stop

GONE = 410
MAX_PROBLEM = 255
NOTHING_TO_TELL = (
    "The change is out of the member's sight, was deleted, or the conditions do not hold."
)


def note_skipped(delivery: WebhookDelivery) -> None:
    """There is nothing to tell any more."""
    _row(delivery).update(
        state=DeliveryState.SKIPPED, next_attempt_at=None, problem=NOTHING_TO_TELL
    )


def note_sent(webhook: Webhook, delivery: WebhookDelivery, sent: Sent) -> None:
    """What came of a message. A delivery that people have replayed meanwhile keeps waiting."""
    if sent.problem:
        _note_failed(webhook, delivery, sent)
        return
    _row(delivery).update(
        **_told(delivery, sent), state=DeliveryState.DELIVERED, next_attempt_at=None, problem=""
    )
    if webhook.failures:
        _webhook(webhook).update(failures=0, paused_until=None)


def _note_failed(webhook: Webhook, delivery: WebhookDelivery, sent: Sent) -> None:
    now = timezone.now()
    asked = asked_until(sent.retry_after, now) if sent.retry_after else None
    due = next_attempt(delivery.attempts + 1, now, asked)
    _row(delivery).update(
        **_told(delivery, sent),
        state=DeliveryState.FAILED if due is None else DeliveryState.PENDING,
        next_attempt_at=due,
        problem=sent.problem[:MAX_PROBLEM],
    )
    failures = webhook.failures + 1
    until = pause(failures, now) if sent.silent or failures >= TOLERATED else None
    if asked is not None and (until is None or asked > until):
        until = asked
    _webhook(webhook).update(failures=F("failures") + 1, paused_until=until)
    if sent.status == GONE:
        stop(webhook, Stop.GONE)
    elif due is None and failures > len(BACK_OFF):
        stop(webhook, Stop.FAILING)


def _told(delivery: WebhookDelivery, sent: Sent) -> dict[str, Any]:
    return {
        "attempts": delivery.attempts + 1,
        "status": sent.status,
        "milliseconds": sent.milliseconds,
        "attempted_at": timezone.now(),
    }


def _row(delivery: WebhookDelivery) -> Any:
    # Matched by its attempts: one that was set to be sent again since is left as it is.
    return WebhookDelivery.objects.filter(
        workspace_id=delivery.workspace_id,
        id=delivery.pk,
        state=DeliveryState.PENDING,
        attempts=delivery.attempts,
    )


def _webhook(webhook: Webhook) -> Any:
    return Webhook.objects.filter(workspace_id=webhook.workspace_id, id=webhook.pk)
