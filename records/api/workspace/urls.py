"""The paths of the Workspace API, below `/api/`."""

from __future__ import annotations

from django.urls import path, re_path

import records.api.converters  # noqa: F401 - registers them

from . import docs
from .changes import ChangesViewSet
from .data_types import DataTypeViewSet
from .errors import not_found
from .records import RecordViewSet
from .webhooks import WebhookViewSet

TYPES = "v2/w/<str:workspace_uuid>/data-types"
TYPE = f"{TYPES}/<key:data_type_id>"
RECORDS = f"{TYPE}/records"
RECORD = f"{RECORDS}/<key:record_id>"
WEBHOOKS = "v2/w/<str:workspace_uuid>/webhooks"
WEBHOOK = f"{WEBHOOKS}/<key:webhook_id>"

urlpatterns = [
    path("v2/w/<str:workspace_uuid>/changes", ChangesViewSet.as_view({"get": "list"})),
    path(TYPES, DataTypeViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{TYPES}/member-record-counts", DataTypeViewSet.as_view({"get": "member_record_counts"})),
    path(f"{TYPES}/validate-slug", DataTypeViewSet.as_view({"post": "validate_slug"})),
    path(f"{TYPES}/slug/<str:slug>", DataTypeViewSet.as_view({"get": "by_slug"})),
    path(TYPE, DataTypeViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path(
        RECORDS,
        RecordViewSet.as_view({"get": "list", "post": "create", "put": "update_by_external_id"}),
    ),
    path(f"{RECORDS}/aggregate", RecordViewSet.as_view({"get": "aggregate"})),
    path(f"{RECORDS}/bulk", RecordViewSet.as_view({"post": "bulk"})),
    path(RECORD, RecordViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path(f"{RECORD}/changes", RecordViewSet.as_view({"get": "changes"})),
    path(f"{TYPE}/upsert/<path:external_id>", RecordViewSet.as_view({"post": "upsert"})),
    path(WEBHOOKS, WebhookViewSet.as_view({"get": "list", "post": "create"})),
    path(
        WEBHOOK, WebhookViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})
    ),
    path(f"{WEBHOOK}/test", WebhookViewSet.as_view({"post": "test"})),
    path(f"{WEBHOOK}/rotate-secret", WebhookViewSet.as_view({"post": "rotate_secret"})),
    path(f"{WEBHOOK}/deliveries", WebhookViewSet.as_view({"get": "deliveries"})),
    *docs.urlpatterns,
    re_path(r"^v2(/|$)", not_found),
]
