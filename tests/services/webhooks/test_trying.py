"""Trying a webhook out."""

from __future__ import annotations

import pytest

from records.exceptions import InTransaction
from records.services.webhooks.trying import try_webhook
from tests.factories import Caller
from tests.receiving import Receiver

from .conftest import Make


def test_no_sample_is_sent_in_a_transaction(
    shop: Caller, make_webhook: Make, receiver: Receiver
) -> None:
    webhook, _ = make_webhook()
    with pytest.raises(InTransaction):
        try_webhook(shop.author, webhook)
    assert not receiver.messages
