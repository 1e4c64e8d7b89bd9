"""What the OpenAPI document says of each operation on webhooks."""

from __future__ import annotations

from typing import Any

from records.api.openapi import (
    Decorator,
    json_body,
    operation,
    page_parameters,
    path_parameter,
    query_parameter,
    ref,
)

from .schemas import STATE, UUID

_WEBHOOK = path_parameter("webhook_id", UUID)


def _webhooks(
    name: str, summary: str, parameters: list[Any], responses: dict[Any, Any], **more: Any
) -> Decorator:
    return operation(f"webhooks_{name}", "webhooks", summary, parameters, responses, **more)


_EXAMPLE = {"name": "Shop", "url": "https://shop.example.com/hook", "events": ["record.created"]}
_DETAIL = ref("WebhookDetail")
list_webhooks = _webhooks(
    "list", "List webhooks", page_parameters(), {200: ref("PaginatedWebhookList")}
)
create_webhook = _webhooks(
    "create",
    "Create a webhook, which tells what happens from now on",
    [],
    {201: ref("WebhookWithSecret")},
    body=json_body("WebhookRequest", required=True),
    example=_EXAMPLE,
)
retrieve_webhook = _webhooks("retrieve", "Read a webhook", [_WEBHOOK], {200: _DETAIL})
update_webhook = _webhooks(
    "partial_update",
    "Change a webhook, or activate it again",
    [_WEBHOOK],
    {200: _DETAIL},
    body=json_body("PatchedWebhookRequest"),
    example={"active": True},
)
delete_webhook = _webhooks("destroy", "Delete a webhook", [_WEBHOOK], {204: None})
rotate_secret = _webhooks(
    "rotate_secret_create",
    "Give a webhook a new secret; the old one signs too for a while",
    [_WEBHOOK],
    {200: ref("WebhookWithSecret")},
)
try_webhook = _webhooks("test_create", "Send a sample", [_WEBHOOK], {200: ref("WebhookTest")})
list_deliveries = _webhooks(
    "deliveries_list",
    "List the deliveries of a webhook, newest first",
    [_WEBHOOK, query_parameter("state", STATE), *page_parameters()],
    {200: ref("PaginatedWebhookDeliveryList")},
)
replay_delivery = _webhooks(
    "deliveries_replay_create",
    "Send a change again, under the same webhook-id",
    [_WEBHOOK, path_parameter("delivery_id", UUID)],
    {200: ref("WebhookDelivery")},
)
replay_range = _webhooks(
    "replay_create",
    "Send again what happened between two cursors of the change feed",
    [_WEBHOOK],
    {202: _DETAIL},
    body=json_body("WebhookReplayRequest", required=True),
)
