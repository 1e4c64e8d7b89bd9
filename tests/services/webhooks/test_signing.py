"""Secrets, and the signatures that they make."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from records.models import Webhook
from records.services.database.sealing import Unreadable, seal
from records.services.webhooks.signing import live_secrets, new_secret, signed_headers

BODY = '{"type": "é"}'.encode()


def test_a_secret_has_32_random_bytes() -> None:
    secret = new_secret()
    assert secret != new_secret()
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


def test_the_reference_library_verifies_every_live_secret() -> None:
    secrets = [new_secret(), new_secret()]
    headers = signed_headers("msg_1", BODY, secrets, for_workspace=False)
    assert set(headers) == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    for secret in secrets:
        assert Verifier(secret).verify(BODY, headers) == {"type": "é"}


def test_the_old_secret_lives_until_its_time() -> None:
    now = timezone.now()
    row = Webhook(secret=seal("new"), old_secret=seal("old"), old_secret_until=now)
    assert live_secrets(row, now - timedelta(seconds=1)) == ["new", "old"]
    assert live_secrets(row, now) == ["new"]


def test_an_old_secret_that_no_key_opens_is_left_out() -> None:
    now = timezone.now()
    row = Webhook(secret=seal("new"), old_secret="odd", old_secret_until=now + timedelta(hours=1))
    assert live_secrets(row, now) == ["new"]
    with pytest.raises(Unreadable):
        live_secrets(Webhook(secret="odd"), now)
