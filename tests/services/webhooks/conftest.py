"""A workspace that tells a receiver on loopback what happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from records.models import Webhook, WebhookDelivery
from records.services.webhooks.endpoints import create_webhook
from tests.factories import Caller, FieldDefinition, make_object
from tests.receiving import Receiver


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


def make_due(webhook: Webhook) -> None:
    """Let the time pass that its deliveries, and itself, wait."""
    now = timezone.now()
    WebhookDelivery.objects.filter(workspace_id=webhook.workspace_id, state="pending").update(
        next_attempt_at=now
    )
    Webhook.objects.filter(workspace_id=webhook.workspace_id, id=webhook.pk).update(
        paused_until=None
    )
