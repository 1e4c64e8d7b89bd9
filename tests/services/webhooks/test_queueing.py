"""From the feed to deliveries."""

from __future__ import annotations

from uuid import uuid4

import pytest

from records.models import Webhook, WebhookDelivery
from records.services.webhooks.endpoints import webhook_author
from records.services.webhooks.queueing import (
    LostLease,
    has_room,
    message_id,
    next_delivery,
    queue_news,
)
from tests.factories import Caller, make_record

from .conftest import Make


def test_the_id_of_a_message_follows_from_the_webhook_and_the_row() -> None:
    one, other = Webhook(), Webhook()
    assert message_id(one, 0, 7) == message_id(one, 0, 7)
    ids = {message_id(one, 0, 7), message_id(one, 1, 7), message_id(one, 0, 8)}
    assert len({*ids, message_id(other, 0, 7)}) == 4


def test_changes_are_noted_once_and_only_by_who_holds_the_webhook(
    shop: Caller, make_webhook: Make
) -> None:
    webhook, _ = make_webhook(events=["record.created"])
    record = make_record(shop, "items", name="One").record.uuid
    author, lease = webhook_author(webhook), uuid4()
    with pytest.raises(LostLease):
        queue_news(webhook, author, lease)
    assert not WebhookDelivery.objects.filter(workspace=shop.workspace).count()
    Webhook.objects.filter(workspace=shop.workspace).update(lease=lease)
    for _ in range(2):
        assert not queue_news(webhook, author, lease)
    found = next_delivery(webhook)
    assert found is not None
    assert str(found.record_uuid) == record
    assert has_room(webhook)
    assert WebhookDelivery.objects.filter(workspace=shop.workspace).count() == 1
