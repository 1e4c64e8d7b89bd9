"""Webhooks: listing them, setting them up, their deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import empty_answer, json_answer
from records.api.bodies import JsonBody, read_object
from records.api.feeds import MAX_CURSOR
from records.api.idempotency import with_secret
from records.api.pagination import page_content, page_request
from records.api.viewsets import ApiViewSet
from records.http import without_seat
from records.services.webhooks import (
    WebhookForm,
    check_manages,
    create_webhook,
    delete_webhook,
    get_delivery,
    get_webhook,
    list_deliveries,
    list_webhooks,
    replay_delivery,
    replay_range,
    rotate_secret,
    try_webhook,
    update_webhook,
)

from . import documentation
from .requests import webhook_settings
from .responses import delivery_row, sent_row, webhook_detail, webhook_rows


class WebhookViewSet(ApiViewSet):
    """The webhooks of the workspace; for its admins."""

    area = "webhooks"
    defines = True
    sending = frozenset({"test"})
    unforetold = frozenset({"secret", "pending_count", "failed_count"})

    @documentation.list_webhooks
    def list(self, request: HttpRequest) -> HttpResponse:
        page, found = page_request(request), list_webhooks(self.author)
        rows = webhook_rows(self.author, page.of(found))
        return json_answer(page_content(request, rows, page, count=len(found)))

    @documentation.create_webhook
    def create(self, request: HttpRequest) -> HttpResponse:
        check_manages(self.author)
        given = webhook_settings(self.author, request)
        made, secret = create_webhook(self.author, WebhookForm.RECORDS, **given)
        content = {**webhook_detail(self.author, made), "secret": secret or None}
        return with_secret(json_answer(content, 201))

    @documentation.retrieve_webhook
    def retrieve(self, request: HttpRequest, webhook_id: str) -> HttpResponse:
        return json_answer(webhook_detail(self.author, get_webhook(self.author, webhook_id)))

    @documentation.update_webhook
    def partial_update(self, request: HttpRequest, webhook_id: str) -> HttpResponse:
        found = get_webhook(self.author, webhook_id)
        given = webhook_settings(self.author, request, found)
        changed = update_webhook(self.author, found, **given)
        return json_answer(webhook_detail(self.author, changed))

    @documentation.delete_webhook
    def destroy(self, request: HttpRequest, webhook_id: str) -> HttpResponse:
        delete_webhook(self.author, get_webhook(self.author, webhook_id))
        return empty_answer(204)

    @documentation.rotate_secret
    def rotate_secret(self, request: HttpRequest, webhook_id: str) -> HttpResponse:
        read_object(request, ())
        changed, secret = rotate_secret(self.author, get_webhook(self.author, webhook_id))
        content = {**webhook_detail(self.author, changed), "secret": secret or None}
        return with_secret(json_answer(content))

    @documentation.try_webhook
    def test(self, request: HttpRequest, webhook_id: str) -> HttpResponse:
        read_object(request, ())
        found = get_webhook(self.author, webhook_id)
        with (without_seat(request) or nullcontext)():
            sent = try_webhook(self.author, found)
        return json_answer(sent_row(sent))

    @documentation.list_deliveries
    def deliveries(self, request: HttpRequest, webhook_id: str) -> HttpResponse:
        page = page_request(request)
        count, rows = list_deliveries(
            self.author,
            get_webhook(self.author, webhook_id),
            state=request.GET.get("state", ""),
            offset=page.offset,
            limit=page.size,
        )
        shown = [delivery_row(self.author, row) for row in rows]
        return json_answer(page_content(request, shown, page, count=count))

    @documentation.replay_delivery
    def replay_delivery(
        self, request: HttpRequest, webhook_id: str, delivery_id: str
    ) -> HttpResponse:
        read_object(request, ())
        found = get_webhook(self.author, webhook_id)
        return json_answer(
            delivery_row(self.author, replay_delivery(self.author, found, delivery_id))
        )

    @documentation.replay_range
    def replay(self, request: HttpRequest, webhook_id: str) -> HttpResponse:
        found = get_webhook(self.author, webhook_id)
        body = JsonBody(read_object(request, ("after", "until")))
        after = body.required("after", most=MAX_CURSOR)
        until = body.text("until", most=MAX_CURSOR) or None
        replayed = replay_range(self.author, found, after, until)
        return json_answer(webhook_detail(self.author, replayed), 202)

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        found = get_webhook(self.author, path.get("webhook_id", ""))
        if "delivery_id" in path:
            return delivery_row(self.author, get_delivery(self.author, found, path["delivery_id"]))
        return webhook_detail(self.author, found)
