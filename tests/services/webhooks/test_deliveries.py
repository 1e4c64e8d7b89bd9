"""The log of deliveries, and sending again."""

from __future__ import annotations

import pytest

from records.exceptions import Conflict, InvalidInput, NotFound
from records.services.webhooks.deliveries import (
    get_delivery,
    health_of,
    list_deliveries,
    replay_delivery,
    replay_range,
)
from records.services.webhooks.endpoints import update_webhook
from tests.factories import Caller

from .conftest import Make
from .test_outcomes import waiting


def test_deliveries_are_counted_and_sent_again(shop: Caller, make_webhook: Make) -> None:
    webhook, _ = make_webhook()
    delivery = waiting(webhook)
    delivery.state, delivery.attempts, delivery.next_attempt_at = "failed", 10, None
    delivery.save()
    assert (health_of(webhook).pending, health_of(webhook).failed) == (0, 1)
    assert list_deliveries(shop.author, webhook, state="failed")[0] == 1
    assert list_deliveries(shop.author, webhook, state="pending") == (0, [])
    again = replay_delivery(shop.author, webhook, str(delivery.uuid))
    assert (again.state, again.attempts, again.message_id) == ("pending", 0, "msg_1")
    stopped = update_webhook(shop.author, webhook, is_active=False)
    with pytest.raises(Conflict, match="not active"):
        replay_delivery(shop.author, stopped, delivery.pk)
    assert get_delivery(shop.author, webhook, delivery.pk) == delivery
    with pytest.raises(NotFound):
        get_delivery(shop.author, webhook, "nothing")
    with pytest.raises(NotFound):
        replay_delivery(shop.author, webhook, "nothing")
    with pytest.raises(InvalidInput):
        list_deliveries(shop.author, webhook, state="odd")


@pytest.mark.parametrize(("after", "until", "at"), [("odd", None, "after"), (None, "odd", "until")])
def test_a_range_is_between_cursors(
    shop: Caller, make_webhook: Make, after: str | None, until: str | None, at: str
) -> None:
    webhook, _ = make_webhook()
    with pytest.raises(InvalidInput) as refused:
        replay_range(shop.author, webhook, after or webhook.cursor, until)
    assert refused.value.path == (at,)
