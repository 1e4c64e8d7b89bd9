"""Setting webhooks up."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from records.exceptions import InvalidInput, NotAllowed
from records.models import Webhook
from records.services.webhooks import endpoints
from records.services.webhooks.endpoints import (
    create_webhook,
    get_webhook,
    list_webhooks,
    reseal_webhooks,
    rotate_secret,
)
from records.services.webhooks.signing import live_secrets
from tests.factories import Caller, make_member

from .conftest import Make

URL = "https://shop.example.com/"


def test_only_admins_manage_webhooks(shop: Caller, make_webhook: Make) -> None:
    webhook, _ = make_webhook()
    other = make_member(shop, "other@example.com", {"items": {"view": "all"}}).author
    with pytest.raises(NotAllowed):
        list_webhooks(other)
    with pytest.raises(NotAllowed):
        get_webhook(other, webhook.pk)
    with pytest.raises(NotAllowed):
        create_webhook(other, "records", name="Mine", url=URL)


def test_a_workspace_has_so_many(shop: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MAX_WEBHOOKS", 1)
    create_webhook(shop.author, "records", name="One", url=URL)
    with pytest.raises(InvalidInput, match="At most 1"):
        create_webhook(shop.author, "records", name="Two", url=URL)


def test_secrets_are_sealed_again_with_the_newest_key(
    shop: Caller, make_webhook: Make, settings: Settings
) -> None:
    webhook, first = make_webhook()
    _, second = rotate_secret(shop.author, webhook)
    settings.EXTERNAL_SECRET_KEYS = ["k" * 60, *settings.EXTERNAL_SECRET_KEYS]
    assert reseal_webhooks() == (2, 0)
    settings.EXTERNAL_SECRET_KEYS = ["k" * 60]
    row = Webhook.objects.get(workspace=shop.workspace)
    assert row.old_secret_until is not None
    assert live_secrets(row, row.secret_set_at) == [second, first]
    settings.EXTERNAL_SECRET_KEYS = ["o" * 60]
    assert reseal_webhooks() == (0, 2)
