"""Webhooks in the names of this API: events as `data_record:…`, data types by number, conditions in
CEL. Those that were set up in the Records API are not shown here."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.idempotency import with_secret
from records.exceptions import InvalidInput, NotFound, did_you_mean, problems_in, quoted
from records.http import without_seat
from records.services.access import Author
from records.services.reading import local_time
from records.services.webhooks import (
    WORKSPACE_EVENTS,
    WORKSPACE_NAMES,
    Delivery,
    Webhook,
    WebhookForm,
    WebhookSettings,
    check_manages,
    create_webhook,
    delete_webhook,
    get_webhook,
    list_deliveries,
    list_webhooks,
    rotate_secret,
    try_webhook,
    update_webhook,
)

from . import documentation
from .requests import MAX_KEY, Body, Query, read_body
from .responses import page_content
from .viewsets import WorkspaceViewSet

KEYS = ("name", "url", "events", "dataTypeIds", "conditions", "active")
WORDS = {"objects": "dataTypeIds", "is_active": "active", "member_id": "memberId"}
MOST_ENTRIES = 1000


class WebhookViewSet(WorkspaceViewSet):
    """The webhooks that were set up in this API; for admins of the workspace."""

    area = "webhooks"
    defines = True
    sending = frozenset({"test"})
    unforetold = frozenset({"secret"})

    @documentation.list_webhooks
    def list(self, request: HttpRequest) -> HttpResponse:
        query = Query(request, "page", "pageSize").only()
        found = [each for each in list_webhooks(self.author) if _is_ours(each)]
        start = (query.page - 1) * query.page_size
        rows = [webhook_row(self.author, each) for each in found[start : start + query.page_size]]
        return json_answer(page_content(rows, len(found), query.page, query.page_size))

    @documentation.create_webhook
    def create(self, request: HttpRequest) -> HttpResponse:
        check_manages(self.author)
        Query(request).only()
        given = _settings(self.author, read_body(request, *KEYS))
        with problems_in(WORDS):
            made, secret = create_webhook(self.author, WebhookForm.WORKSPACE, **given)
        return with_secret(
            json_answer({**webhook_row(self.author, made), "secret": secret or None}, 201)
        )

    @documentation.retrieve_webhook
    def retrieve(self, request: HttpRequest, webhook_id: int) -> HttpResponse:
        Query(request).only()
        return json_answer(webhook_row(self.author, self._found(webhook_id)))

    @documentation.update_webhook
    def update(self, request: HttpRequest, webhook_id: int) -> HttpResponse:
        Query(request).only()
        found = self._found(webhook_id)
        given = _settings(self.author, read_body(request, *KEYS), found)
        with problems_in(WORDS):
            changed = update_webhook(self.author, found, **given)
        return json_answer(webhook_row(self.author, changed))

    @documentation.delete_webhook
    def destroy(self, request: HttpRequest, webhook_id: int) -> HttpResponse:
        Query(request).only()
        delete_webhook(self.author, self._found(webhook_id))
        return json_answer({"status": "deleted"})

    @documentation.rotate_secret
    def rotate_secret(self, request: HttpRequest, webhook_id: int) -> HttpResponse:
        Query(request).only()
        read_body(request)
        changed, secret = rotate_secret(self.author, self._found(webhook_id))
        return with_secret(
            json_answer({**webhook_row(self.author, changed), "secret": secret or None})
        )

    @documentation.try_webhook
    def test(self, request: HttpRequest, webhook_id: int) -> HttpResponse:
        Query(request).only()
        read_body(request)
        found = self._found(webhook_id)
        with (without_seat(request) or nullcontext)():
            sent = try_webhook(self.author, found)
        return json_answer(
            {"status": sent.status, "durationMs": sent.milliseconds, "problem": sent.problem}
        )

    @documentation.list_deliveries
    def deliveries(self, request: HttpRequest, webhook_id: int) -> HttpResponse:
        query = Query(request, "state", "page", "pageSize").only()
        total, rows = list_deliveries(
            self.author,
            self._found(webhook_id),
            state=query.text("state") or "",
            offset=(query.page - 1) * query.page_size,
            limit=query.page_size,
        )
        shown = [delivery_row(self.author, row) for row in rows]
        return json_answer(page_content(shown, total, query.page, query.page_size))

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        return webhook_row(self.author, self._found(path.get("webhook_id", 0)))

    def _found(self, key: int) -> Webhook:
        found = get_webhook(self.author, key)
        if not _is_ours(found):
            raise NotFound
        return found


def _is_ours(webhook: Webhook) -> bool:
    return webhook.form == WebhookForm.WORKSPACE


def _settings(author: Author, body: Body, webhook: Webhook | None = None) -> WebhookSettings:
    given = WebhookSettings()
    if "name" in body:
        given["name"] = body.required("name", most=255)
    if "url" in body:
        given["url"] = body.required("url")
    if "events" in body:
        given["events"] = _events(body)
    if "dataTypeIds" in body:
        given["objects"] = _types(author, body, webhook)
    if "conditions" in body:
        given["conditions"] = body.text("conditions")
    if body.given("active"):
        given["is_active"] = body.flag("active")
    return given


def _events(body: Body) -> list[str]:
    events = body.items("events", MOST_ENTRIES)
    for at, event in enumerate(events):
        if not isinstance(event, str) or event not in WORKSPACE_EVENTS:
            near = did_you_mean(event, WORKSPACE_EVENTS)
            raise InvalidInput(
                f"{quoted(event)} is not one of {', '.join(WORKSPACE_EVENTS)}.{near}",
                at=("events", at),
            )
    return [WORKSPACE_EVENTS[event] for event in events]


def _types(author: Author, body: Body, webhook: Webhook | None) -> list[int]:
    """Data types by number: live ones, and those that the webhook tells already."""
    told = () if webhook is None else webhook.objects_told
    keys = body.items("dataTypeIds", MOST_ENTRIES)
    for at, key in enumerate(keys):
        if type(key) is not int or not 0 < key <= MAX_KEY:
            raise body.wrong("expected an integer id", "dataTypeIds", at)
        if key not in author.directory.objects and key not in told:
            raise InvalidInput(
                f"there is no data type {key}.", "does_not_exist", at=("dataTypeIds", at)
            )
    return keys


def webhook_row(author: Author, webhook: Webhook) -> dict[str, Any]:
    """A webhook, without its secret."""
    return {
        "id": webhook.pk,
        "uuid": str(webhook.uuid),
        "name": webhook.name,
        "url": webhook.url,
        "events": [WORKSPACE_NAMES[event] for event in webhook.events],
        "dataTypeIds": webhook.objects_told,
        "conditions": webhook.conditions or None,
        "active": webhook.is_active,
        "stoppedReason": webhook.stopped or None,
        "createdAt": local_time(webhook.created_at, author.workspace.zone),
    }


def delivery_row(author: Author, delivery: Delivery) -> dict[str, Any]:
    zone = author.workspace.zone
    return {
        "id": delivery.pk,
        "uuid": str(delivery.uuid),
        "webhookId": delivery.message_id,
        "event": WORKSPACE_NAMES.get(delivery.event, delivery.event),
        "dataTypeId": delivery.object,
        "recordId": delivery.chain if delivery.chain > 0 else None,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "durationMs": delivery.milliseconds,
        "problem": delivery.problem,
        "createdAt": local_time(delivery.created_at, zone),
        "attemptedAt": local_time(delivery.attempted_at, zone),
        "nextAttemptAt": local_time(delivery.next_attempt_at, zone),
    }
