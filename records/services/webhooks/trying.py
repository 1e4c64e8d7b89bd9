"""Trying a webhook out: a sample that tells nothing of any record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from records.exceptions import ExternalConfig, InTransaction
from records.models import Webhook, WebhookForm, new_uuid
from records.rehearsal import is_rehearsal
from records.services.access import Definer
from records.services.database import Unreadable

from .endpoints import check_manages
from .events import CREATED, WORKSPACE_NAMES
from .posting import Letter, Sent, post
from .signing import live_secrets
from .stopping import REASONS, Stop

TEST = "webhook.test"


def try_webhook(author: Definer, webhook: Webhook) -> Sent:
    """Send a signed sample, once, whether the webhook is active or not.

    Not in a transaction, which the receiver would keep open.
    """
    check_manages(author)
    if is_rehearsal():
        raise InTransaction("A receiver cannot be asked what it would do: no dry runs.")
    if connection.in_atomic_block:
        raise InTransaction("A message cannot be part of a transaction.")
    try:
        secrets = live_secrets(webhook, timezone.now())
    except Unreadable:
        raise ExternalConfig(REASONS[Stop.SECRET]) from None
    content = _sample(webhook)
    for_workspace = webhook.form == WebhookForm.WORKSPACE
    letter = Letter(
        webhook.url, f"msg_{new_uuid().hex}", orjson.dumps(content), secrets, for_workspace
    )
    return post(letter)


def _sample(webhook: Webhook) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    if webhook.form == WebhookForm.RECORDS:
        return {"type": TEST, "timestamp": now, "data": {"webhook_id": str(webhook.uuid)}}
    return {
        "event": WORKSPACE_NAMES[CREATED],
        "dataType": {"uuid": str(new_uuid()), "type": "Sample", "slug": "sample"},
        "member": None,
        "dataRecord": {
            "id": 0,
            "uuid": str(new_uuid()),
            "externalId": None,
            "version": 1,
            "fields": {},
        },
        "eventRule": {"id": webhook.pk, "uuid": str(webhook.uuid), "name": webhook.name},
        "workspace": {"uuid": str(webhook.workspace.uuid), "name": webhook.workspace.name},
        "operationId": None,
        "occurredAt": now,
        "test": True,
    }
