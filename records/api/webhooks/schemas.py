"""The components of the OpenAPI document that webhooks are described in."""

from __future__ import annotations

from typing import Any

from records.api.openapi import array, component, nullable, obj, page_of, ref
from records.services.webhooks import EVENTS, STATES

STRING: dict[str, Any] = {"type": "string"}
UUID: dict[str, Any] = {"type": "string", "format": "uuid"}
INTEGER: dict[str, Any] = {"type": "integer"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
STATE: dict[str, Any] = {"type": "string", "enum": list(STATES)}
SECRET = nullable(
    {**STRING, "description": "Shown only here: `whsec_…`. Null in the answer of a dry run."}
)
_TOLD = {
    "name": {**STRING, "maxLength": 255},
    "url": {**STRING, "maxLength": 1000, "description": "https:// and a public host."},
    "events": {**array(STRING), "description": f"Of {', '.join(EVENTS)}; empty for all."},
    "objects": {**array(STRING), "description": "API names; empty for all."},
    "fields": {
        **array(STRING),
        "description": "As object.field; an update that changes none of them is not sent. Empty "
        "for all.",
    },
}
_ROW = {
    "id": UUID,
    **_TOLD,
    "conditions": nullable(
        {**STRING, "description": "In CEL; set in the Workspace API and the admin."}
    ),
    "format": {"type": "string", "enum": ["records", "workspace"]},
    "member_id": {**UUID, "description": "Whose rights decide what is sent."},
    "active": BOOLEAN,
    "stopped": nullable({**STRING, "description": "Why it was stopped, if nobody did it."}),
    "stopped_detail": nullable(STRING),
    "stopped_at": nullable(MOMENT),
    "secret_set_at": nullable(MOMENT),
    "old_secret_until": nullable({**MOMENT, "description": "Until then the old one signs too."}),
    "created": MOMENT,
}
_DETAIL = {
    **_ROW,
    "pending_count": INTEGER,
    "failed_count": INTEGER,
    "paused_until": nullable({**MOMENT, "description": "Its receiver failed, and is left alone."}),
    "replaying": {**BOOLEAN, "description": "Whether a range is being sent again."},
}

component("Webhook", obj(_ROW))
component("WebhookDetail", obj(_DETAIL))
component("WebhookWithSecret", obj({**_DETAIL, "secret": SECRET}))
component("PaginatedWebhookList", page_of(ref("Webhook")))
_SENT = {
    **_TOLD,
    "active": BOOLEAN,
    "member_id": {**STRING, "description": "A member's id, or is_me: the default."},
}
component("PatchedWebhookRequest", obj({}, **_SENT))
component(
    "WebhookRequest",
    obj(
        {"name": _SENT["name"], "url": _SENT["url"]},
        **{key: schema for key, schema in _SENT.items() if key not in ("name", "url")},
    ),
)
component(
    "WebhookDelivery",
    obj(
        {
            "id": UUID,
            "webhook_id": {**STRING, "description": "The header of that name."},
            "event": STRING,
            "object": nullable(STRING),
            "record_id": nullable(UUID),
            "state": STATE,
            "attempts": INTEGER,
            "status": nullable({**INTEGER, "description": "The last answer's."}),
            "milliseconds": nullable(INTEGER),
            "problem": STRING,
            "created": MOMENT,
            "attempted_at": nullable(MOMENT),
            "next_attempt_at": nullable(MOMENT),
        }
    ),
)
component("PaginatedWebhookDeliveryList", page_of(ref("WebhookDelivery")))
component(
    "WebhookTest",
    obj(
        {
            "status": nullable({**INTEGER, "description": "Null where there was no answer."}),
            "duration_ms": INTEGER,
            "ok": BOOLEAN,
            "problem": STRING,
        }
    ),
)
component(
    "WebhookReplayRequest",
    obj(
        {"after": {**STRING, "description": "A cursor of the change feed."}},
        until={**STRING, "description": "Another; default: now."},
    ),
)
