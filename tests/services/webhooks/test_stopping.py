"""Why webhooks are stopped."""

from __future__ import annotations

import pytest

from records.models import Webhook
from records.services.webhooks.stopping import REASONS, Stop, reason_of, stop
from tests.factories import Caller

from .conftest import Make


@pytest.mark.parametrize("why", Stop)
def test_a_stopped_webhook_says_why(shop: Caller, make_webhook: Make, why: Stop) -> None:
    webhook, _ = make_webhook()
    assert reason_of(webhook) == ""
    stop(webhook, why)
    row = Webhook.objects.get(workspace=shop.workspace)
    assert (row.is_active, row.stopped, row.lease) == (False, why.value, None)
    assert reason_of(row) == REASONS[why]
