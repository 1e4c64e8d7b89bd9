"""A workspace that tells a receiver on loopback what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from records.models import Webhook, WebhookDelivery
from records.services.webhooks.courier import Courier
from records.services.webhooks.endpoints import create_webhook
from tests.factories import Caller, FieldDefinition, make_object
from tests.receiving import Receiver, receiving


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """A receiver that the operator has opened."""
    with receiving() as started:
        settings.EXTERNAL_ALLOWED_HOSTS = [started.host]
        yield started


@pytest.fixture
def shop(workspace: Caller) -> Caller:
    make_object(workspace, "Items", FieldDefinition("Size", "integer"))
    make_object(workspace, "Orders")
    return workspace


Make = Callable[..., tuple[Webhook, str]]


@pytest.fixture
def make_webhook(shop: Caller, receiver: Receiver) -> Make:
    """A webhook of the shop, and its secret."""

    def make(form: str = "records", **given: Any) -> tuple[Webhook, str]:
        given = {"name": "Shop", "url": receiver.url, **given}
        return create_webhook(shop.author, form, **given)

    return make


@pytest.fixture
def deliver() -> Iterator[Callable[[], None]]:
    """Deliver all that is due, as a worker does."""
    couriers: list[Courier] = []

    def run() -> None:
        couriers.append(Courier())
        couriers[-1].drain()

    yield run
    for courier in couriers:
        courier.senders.shutdown()


def make_due(webhook: Webhook) -> None:
    """Let the time pass that its deliveries, and itself, wait."""
    now = timezone.now()
    WebhookDelivery.objects.filter(workspace_id=webhook.workspace_id, state="pending").update(
        next_attempt_at=now
    )
    Webhook.objects.filter(workspace_id=webhook.workspace_id, id=webhook.pk).update(
        paused_until=None
    )
