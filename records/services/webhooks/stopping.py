"""Why webhooks are stopped, and stopping them."""

from __future__ import annotations

import logging
from enum import StrEnum

from django.utils import timezone

from records.models import Webhook

_log = logging.getLogger(__name__)


class Stop(StrEnum):
    """What stops a webhook until people activate it again."""

    GONE = "gone"
    MEMBER = "member_inactive"
    FAILING = "failing"
    FEED = "feed_restarted"
    SECRET = "secret_unreadable"  # noqa: S105 - a reason


REASONS = {
    Stop.GONE: "The receiver answered 410 Gone.",
    Stop.MEMBER: "Its member is not active any more.",
    Stop.FAILING: "No delivery has succeeded for three days.",
    Stop.FEED: "The database was restored or moved. Once activated, it goes on from then.",
    Stop.SECRET: "Its secret cannot be read with the keys of this server; rotate it.",
}


def reason_of(webhook: Webhook) -> str:
    """Why a webhook was stopped, as people read it; empty where people did it."""
    return REASONS[Stop(webhook.stopped)] if webhook.stopped in set(Stop) else ""


def stop(webhook: Webhook, why: Stop) -> None:
    """Deliver nothing more. What happens from now on is delivered when it is activated again."""
    Webhook.objects.filter(workspace_id=webhook.workspace_id, id=webhook.pk, is_active=True).update(
        is_active=False, stopped=why.value, stopped_at=timezone.now(), lease=None
    )
    _log.warning("Webhook %s was stopped: %s", webhook.uuid, why.value)
