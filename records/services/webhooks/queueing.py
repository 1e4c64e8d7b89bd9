"""From the change feed to deliveries: which changes a webhook has to tell, noted once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from records.models import DeliveryState, Webhook, WebhookDelivery
from records.services.access import Author
from records.services.database import in_one_transaction
from records.services.feed import Change, follow_changes

from .deliveries import wait_again
from .events import Interest, event_of

PAGE = 200
MOST_PENDING = 1000  # what waits beyond these stays in the feed


class LostLease(Exception):
    """Another worker has the webhook, or people have stopped it."""


def has_room(webhook: Webhook) -> bool:
    """Whether few enough deliveries wait to note more."""
    pending = WebhookDelivery.objects.filter(
        workspace_id=webhook.workspace_id, webhook=webhook, state=DeliveryState.PENDING
    )
    return pending.count() < MOST_PENDING


def queue_news(webhook: Webhook, author: Author, lease: UUID) -> bool:
    """Note the next changes that the webhook has to tell, and how far the feed was read, in one
    transaction; whether there may be more."""
    page = follow_changes(author, webhook.cursor, objects=_objects(webhook), limit=PAGE)
    rows = _deliveries(webhook, page.changes)
    _keep(webhook, lease, rows, cursor=page.cursor)
    webhook.cursor = page.cursor
    return page.more


def queue_replay(webhook: Webhook, author: Author, lease: UUID) -> bool:
    """Note the next changes that are to be sent again; whether there may be more."""
    page = follow_changes(
        author,
        webhook.replay_after,
        objects=_objects(webhook),
        limit=PAGE,
        until=webhook.replay_until,
    )
    rows = _deliveries(webhook, page.changes)
    ends: dict[str, Any] = {"replay_after": page.cursor if page.more else ""}
    if not page.more:
        ends["replay_until"] = ""
    _keep(webhook, lease, rows, **ends, again=True)
    for name, value in ends.items():
        setattr(webhook, name, value)
    return page.more


def next_delivery(webhook: Webhook) -> WebhookDelivery | None:
    """What is to be sent next: the first that is due, of a record nothing earlier of which
    waits."""
    rows = due_deliveries().filter(workspace_id=webhook.workspace_id, webhook=webhook)
    return rows.order_by("id").first()


def due_deliveries() -> QuerySet[WebhookDelivery]:
    """What may be sent now: a later change of a record waits for the earlier ones."""
    waiting = WebhookDelivery.objects.filter(state=DeliveryState.PENDING)
    earlier = waiting.filter(
        workspace_id=OuterRef("workspace_id"),
        webhook_id=OuterRef("webhook_id"),
        chain=OuterRef("chain"),
        id__lt=OuterRef("id"),
    )
    return waiting.filter(Q(next_attempt_at__lte=timezone.now()), ~Exists(earlier))


def message_id(webhook: Webhook, source: int, key: int) -> str:
    """The id of a change to a webhook's receiver, the same however often it is sent."""
    told = f"{webhook.uuid}:{source}:{key}".encode()
    return f"msg_{hashlib.blake2b(told, digest_size=16).hexdigest()}"


def _objects(webhook: Webhook) -> frozenset[int] | None:
    return frozenset(webhook.objects_told) or None


def _deliveries(webhook: Webhook, changes: Sequence[Change]) -> list[WebhookDelivery]:
    interest = Interest.of(webhook)
    return [
        WebhookDelivery(
            workspace_id=webhook.workspace_id,
            webhook=webhook,
            message_id=message_id(webhook, *change.place),
            event=event_of(change),
            source=change.place[0],
            key=change.place[1],
            object=change.object_id,
            chain=change.record_id or -change.object_id,
            record_uuid=change.record_uuid,
        )
        for change in changes
        if interest.covers(change)
    ]


def _keep(
    webhook: Webhook,
    lease: UUID,
    rows: Sequence[WebhookDelivery],
    *,
    again: bool = False,
    **place: str,
) -> None:
    def work() -> None:
        mine = Webhook.objects.filter(
            workspace_id=webhook.workspace_id, id=webhook.pk, lease=lease, is_active=True
        )
        if not mine.update(**place):
            raise LostLease
        if again and rows:
            _send_again(webhook, rows)
        WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)

    in_one_transaction(work)


def _send_again(webhook: Webhook, rows: Sequence[WebhookDelivery]) -> None:
    """Let those that were delivered, or given up, wait again."""
    for source in {row.source for row in rows}:
        keys = [row.key for row in rows if row.source == source]
        told = WebhookDelivery.objects.filter(
            workspace_id=webhook.workspace_id, webhook=webhook, source=source, key__in=keys
        )
        wait_again(told.exclude(state=DeliveryState.PENDING))
