"""The paths of webhooks, below `/api/`. None ends in a slash."""

from __future__ import annotations

from django.urls import path

import records.api.converters  # noqa: F401 - registers them

from .endpoints import WebhookViewSet

ONE = "webhooks/<record_id:webhook_id>"

urlpatterns = [
    path("webhooks", WebhookViewSet.as_view({"get": "list", "post": "create"})),
    path(
        ONE,
        WebhookViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path(f"{ONE}/test", WebhookViewSet.as_view({"post": "test"})),
    path(f"{ONE}/rotate-secret", WebhookViewSet.as_view({"post": "rotate_secret"})),
    path(f"{ONE}/replay", WebhookViewSet.as_view({"post": "replay"})),
    path(f"{ONE}/deliveries", WebhookViewSet.as_view({"get": "deliveries"})),
    path(
        f"{ONE}/deliveries/<record_id:delivery_id>/replay",
        WebhookViewSet.as_view({"post": "replay_delivery"}),
    ),
]
