"""What callers send to set a webhook up, read into the shapes of the core."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from records.api.bodies import JsonBody, read_object
from records.exceptions import InvalidInput
from records.services.access import Author, named_member
from records.services.webhooks import Webhook, WebhookSettings, find_fields, find_objects

KEYS = ("name", "url", "events", "objects", "fields", "active", "member_id")
MOST_ENTRIES = 1000


def webhook_settings(
    author: Author, request: HttpRequest, webhook: Webhook | None = None
) -> WebhookSettings:
    """The settings that the body has; of a webhook that is changed, or of a new one."""
    content = read_object(request, KEYS)
    body, given = JsonBody(content), WebhookSettings()
    if "name" in content:
        given["name"] = body.required("name", most=255)
    if "url" in content:
        given["url"] = body.required("url")
    if "events" in content:
        given["events"] = _texts(body, "events")
    if "objects" in content:
        given["objects"] = find_objects(author, _texts(body, "objects"), webhook)
    if "fields" in content:
        given["fields"] = find_fields(author, _texts(body, "fields"), webhook)
    if content.get("active") is not None:
        given["is_active"] = body.flag("active")
    if content.get("member_id") is not None:
        member_id = named_member(author, content["member_id"])
        assert member_id is not None  # there is something to name one
        given["member_id"] = member_id
    return given


def _texts(body: JsonBody, key: str) -> list[str]:
    value: Any = body.content.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise body.wrong("expected a list of strings", key)
    if len(value) > MOST_ENTRIES:
        raise InvalidInput(f"at most {MOST_ENTRIES} entries.", "limit_exceeded", at=key)
    return value
