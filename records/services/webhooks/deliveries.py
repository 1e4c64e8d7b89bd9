"""The log of deliveries, and sending again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from records.exceptions import Conflict, InvalidInput, NotFound
from records.models import DeliveryState, Webhook, WebhookDelivery
from records.services.access import Definer, defining
from records.services.database import canonical_uuid
from records.services.feed import check_place, cursor_of_now, is_behind

from .endpoints import check_manages, webhook_author

STATES = tuple(DeliveryState.values)


@dataclass(frozen=True, slots=True)
class Health:
    """How a webhook is doing: deliveries that wait, and those that were given up."""

    pending: int
    failed: int
    paused_until: datetime | None


def list_deliveries(
    author: Definer, webhook: Webhook, *, state: str = "", offset: int = 0, limit: int = 100
) -> tuple[int, list[WebhookDelivery]]:
    """How many deliveries a webhook has in a state, and some of them, newest first."""
    check_manages(author)
    if state and state not in STATES:
        raise InvalidInput(f"expected one of {', '.join(STATES)}.", at="state")
    rows = WebhookDelivery.objects.filter(workspace_id=author.workspace.id, webhook=webhook)
    if state:
        rows = rows.filter(state=state)
    return rows.count(), list(rows.order_by("-id")[offset : offset + limit])


def get_delivery(author: Definer, webhook: Webhook, key: str | int) -> WebhookDelivery:
    """A delivery of the webhook by UUID or primary key; NotFound for any other."""
    check_manages(author)
    found = _one(author, webhook, key).first()
    if found is None:
        raise NotFound
    return found


def health_of(webhook: Webhook) -> Health:
    """How a webhook is doing; one statement."""
    rows = WebhookDelivery.objects.filter(workspace_id=webhook.workspace_id, webhook=webhook)
    found = rows.aggregate(
        pending=Count("id", filter=Q(state=DeliveryState.PENDING)),
        failed=Count("id", filter=Q(state=DeliveryState.FAILED)),
    )
    now = timezone.now()
    until = webhook.paused_until
    return Health(
        found["pending"], found["failed"], until if until is not None and until > now else None
    )


@defining
def replay_delivery(author: Definer, webhook: Webhook, key: str | int) -> WebhookDelivery:
    """Send a change again: made from the ledger again, under the same id. Now, if it waits.
    Conflict for a webhook that is not active, which would not send it."""
    rows = _one(author, webhook, key)
    if not rows.exists():
        raise NotFound
    if not webhook.is_active:
        raise Conflict("The webhook is not active: activate it, then send the change again.")
    wait_again(rows)
    return rows.get()


def _one(author: Definer, webhook: Webhook, key: str | int) -> QuerySet[WebhookDelivery]:
    rows = WebhookDelivery.objects.filter(workspace_id=author.workspace.id, webhook=webhook)
    if isinstance(key, int):
        return rows.filter(id=key)
    uuid = canonical_uuid(key)
    return rows.filter(uuid=UUID(uuid)) if uuid else rows.none()


def wait_again(rows: QuerySet[WebhookDelivery]) -> None:
    """Let deliveries wait to be sent as if they never had been."""
    now = timezone.now()
    rows.update(state=DeliveryState.PENDING, attempts=0, problem="", next_attempt_at=now)


@defining
def replay_range(author: Definer, webhook: Webhook, after: str, until: str | None) -> Webhook:
    """Send again what happened between two cursors of the change feed, until now without the
    second; a worker does it. Conflict while another range is being sent."""
    check_place(author.workspace.id, after, at="after")
    if until is not None:
        check_place(author.workspace.id, until, at="until")
        if is_behind(after, until):
            raise InvalidInput("it is before after, so nothing lies between them.", at="until")
    end = until or cursor_of_now(webhook_author(webhook))
    rows = Webhook.objects.filter(workspace_id=author.workspace.id, id=webhook.pk)
    if not rows.filter(replay_after="").update(replay_after=after, replay_until=end):
        raise Conflict("Another range is still being sent again; wait until it is through.")
    return rows.get()
