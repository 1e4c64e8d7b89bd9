"""Webhooks and their deliveries as callers read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from records.services.access import Author
from records.services.reading import local_time
from records.services.webhooks import (
    Delivery,
    FilterNames,
    Sent,
    Webhook,
    filter_names,
    health_of,
    reason_of,
)


def webhook_rows(author: Author, webhooks: Sequence[Webhook]) -> list[dict[str, Any]]:
    """Webhooks, without their secrets."""
    names = filter_names(author, webhooks)
    return [_row(author, webhook, names) for webhook in webhooks]


def _row(author: Author, webhook: Webhook, names: FilterNames) -> dict[str, Any]:
    return {
        "id": str(webhook.uuid),
        "name": webhook.name,
        "url": webhook.url,
        "events": webhook.events,
        "objects": [names.objects[key] for key in webhook.objects_told if key in names.objects],
        "fields": [names.fields[key] for key in webhook.fields_told if key in names.fields],
        "conditions": webhook.conditions or None,
        "format": webhook.form,
        "member_id": str(webhook.member.uuid),
        "active": webhook.is_active,
        "stopped": webhook.stopped or None,
        "stopped_detail": reason_of(webhook) or None,
        "stopped_at": local_time(webhook.stopped_at, author.workspace.zone),
        "secret_set_at": local_time(webhook.secret_set_at, author.workspace.zone),
        "old_secret_until": local_time(webhook.old_secret_until, author.workspace.zone),
        "created": local_time(webhook.created_at, author.workspace.zone),
    }


def webhook_detail(author: Author, webhook: Webhook) -> dict[str, Any]:
    """A webhook, with how it is doing."""
    health = health_of(webhook)
    (row,) = webhook_rows(author, [webhook])
    return {
        **row,
        "pending_count": health.pending,
        "failed_count": health.failed,
        "paused_until": local_time(health.paused_until, author.workspace.zone),
        "replaying": bool(webhook.replay_after),
    }


def delivery_row(author: Author, delivery: Delivery) -> dict[str, Any]:
    objects = author.directory.objects
    known = objects.get(delivery.object)
    return {
        "id": str(delivery.uuid),
        "webhook_id": delivery.message_id,
        "event": delivery.event,
        "object": None if known is None else known.name,
        "record_id": None if delivery.record_uuid is None else str(delivery.record_uuid),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "milliseconds": delivery.milliseconds,
        "problem": delivery.problem,
        "created": local_time(delivery.created_at, author.workspace.zone),
        "attempted_at": local_time(delivery.attempted_at, author.workspace.zone),
        "next_attempt_at": local_time(delivery.next_attempt_at, author.workspace.zone),
    }


def sent_row(sent: Sent) -> dict[str, Any]:
    """What came of a sample."""
    return {
        "status": sent.status,
        "duration_ms": sent.milliseconds,
        "ok": not sent.problem,
        "problem": sent.problem,
    }
