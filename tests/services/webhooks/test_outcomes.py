"""What follows from what came of a message."""

from __future__ import annotations

import pytest

from records.models import Webhook, WebhookDelivery
from records.services.webhooks.outcomes import note_sent, note_skipped
from records.services.webhooks.posting import Sent
from tests.factories import Caller

from .conftest import Make


def waiting(webhook: Webhook) -> WebhookDelivery:
    return WebhookDelivery.objects.create(
        workspace_id=webhook.workspace_id,
        webhook=webhook,
        message_id="msg_1",
        event="record.created",
        key=1,
        object=1,
        chain=1,
    )


@pytest.mark.parametrize(
    ("sent", "state", "paused", "stopped"),
    [
        (Sent(204, 3), "delivered", False, ""),
        (Sent(500, 3, "It answered 500."), "pending", False, ""),
        (Sent(None, 3, "It is away.", silent=True), "pending", True, ""),
        (Sent(503, 3, "It answered 503.", "60"), "pending", True, ""),
        (Sent(410, 3, "It answered 410."), "pending", False, "gone"),
    ],
)
def test_an_outcome_is_noted(
    shop: Caller, make_webhook: Make, sent: Sent, state: str, paused: bool, stopped: str
) -> None:
    webhook, _ = make_webhook()
    delivery = waiting(webhook)
    note_sent(webhook, delivery, sent)
    rows = WebhookDelivery.objects.filter(workspace=shop.workspace)
    assert rows.values_list("state", "attempts", "status").get() == (state, 1, sent.status)
    row = Webhook.objects.get(workspace=shop.workspace)
    assert (row.paused_until is not None, row.stopped) == (paused, stopped)
    assert row.is_active is not bool(stopped)


def test_what_was_set_to_be_sent_again_meanwhile_stays(shop: Caller, make_webhook: Make) -> None:
    webhook, _ = make_webhook()
    delivery = waiting(webhook)
    rows = WebhookDelivery.objects.filter(workspace=shop.workspace)
    rows.update(attempts=3)
    note_skipped(delivery)
    note_sent(webhook, delivery, Sent(204, 1))
    assert rows.values_list("state", "attempts").get() == ("pending", 3)
