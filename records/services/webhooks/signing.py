"""Secrets of webhooks, and the signatures that they make: Standard Webhooks 1.0, by its reference
library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from standardwebhooks import Webhook as Signer

from records.models import Webhook
from records.services.database import Unreadable, unseal

PREFIX = "whsec_"
BYTES = 32


def new_secret() -> str:
    """A secret as receivers get it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def live_secrets(webhook: Webhook, now: datetime) -> list[str]:
    """The secrets that sign, the newest first; Unreadable when no key opens the newest."""
    found = [unseal(webhook.secret)]
    until = webhook.old_secret_until
    if webhook.old_secret and until is not None and until > now:
        with suppress(Unreadable):  # it may be why the newer one was made
            found.append(unseal(webhook.old_secret))
    return found


def signed_headers(
    message_id: str, body: bytes, secrets_: Sequence[str], *, for_workspace: bool
) -> dict[str, str]:
    """The headers that prove where a message is from, as of now. With two secrets both sign.

    `for_workspace`: with the signature that receivers of the Workspace API know as well.
    """
    now = datetime.now(UTC)
    stamp = int(now.timestamp())
    text = body.decode()
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(
            Signer(secret).sign(message_id, now, text) for secret in secrets_
        ),
    }
    if for_workspace:
        signatures = (_workspace_signature(secret, stamp, body) for secret in secrets_)
        parts = [f"t={stamp}", *(f"v1={signature}" for signature in signatures)]
        headers["X-Webhook-Signature"] = ",".join(parts)
    return headers


def _workspace_signature(secret: str, stamp: int, body: bytes) -> str:
    """Under the whole text of the secret, as nothing says that it is to be decoded."""
    return hmac.new(secret.encode(), b"%d." % stamp + body, hashlib.sha256).hexdigest()
