"""What callers send to set a webhook up, read into the shapes of the core."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from records.api.bodies import JsonBody, read_object
from records.exceptions import InvalidInput, NotFound, quoted
from records.services.access import Author, get_schema, list_schemas, named_member
from records.services.catalogue import FieldSpec
from records.services.webhooks import WebhookSettings

KEYS = ("name", "url", "events", "objects", "fields", "active", "member_id")
MOST_ENTRIES = 1000


def webhook_settings(author: Author, request: HttpRequest) -> WebhookSettings:
    """The settings that the body has."""
    content = read_object(request, KEYS)
    body, given = JsonBody(content), WebhookSettings()
    if "name" in content:
        given["name"] = body.required("name", most=255)
    if "url" in content:
        given["url"] = body.required("url")
    if "events" in content:
        given["events"] = _texts(body, "events")
    if "objects" in content:
        names = _texts(body, "objects")
        given["objects"] = [_object(author, name, at) for at, name in enumerate(names)]
    if "fields" in content:
        names = _texts(body, "fields")
        given["fields"] = [_field(author, name, at).id for at, name in enumerate(names)]
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


def _object(author: Author, name: str, at: int) -> int:
    try:
        return get_schema(author, name).id
    except NotFound:
        raise InvalidInput(
            f"there is no object {quoted(name)}.", "does_not_exist", at=("objects", at)
        ) from None


def _field(author: Author, name: str, at: int) -> FieldSpec:
    """A field by id, or by the names of its object and its own."""
    object_name, _, field_name = name.rpartition(".")
    for schema in list_schemas(author):
        if object_name and schema.name != object_name:
            continue
        found = schema.by_name.get(field_name) if object_name else schema.by_uuid.get(name.lower())
        if found is not None:
            return found
    raise InvalidInput(
        f"there is no field {quoted(name)}; send its id, or object.field.",
        "does_not_exist",
        at=("fields", at),
    )
