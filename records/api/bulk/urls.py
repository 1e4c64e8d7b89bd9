"""The paths of bulk work, below `/api/`. None ends in a slash."""

from __future__ import annotations

from django.urls import path

import records.api.converters  # noqa: F401 - registers them

from .actions import BulkViewSet, JobViewSet
from .transfers import ExportViewSet, ImportViewSet

OBJECT = "custom-objects/<str:object_key>"

urlpatterns = [
    path(f"{OBJECT}/bulk-archive-entity-record", BulkViewSet.as_view({"post": "archive"})),
    path(f"{OBJECT}/bulk-change-field-value", BulkViewSet.as_view({"post": "change"})),
    path(f"{OBJECT}/imports", ImportViewSet.as_view({"post": "upload"})),
    path(f"{OBJECT}/imports/<record_id:upload_id>/start", ImportViewSet.as_view({"post": "start"})),
    path(f"{OBJECT}/exports", ExportViewSet.as_view({"post": "create"})),
    path(
        "bulk-action-progress/<record_id:job_id>/report", ImportViewSet.as_view({"get": "report"})
    ),
    path("bulk-action-progress", JobViewSet.as_view({"get": "list"})),
    path("bulk-action-progress/<record_id:job_id>", JobViewSet.as_view({"get": "retrieve"})),
    path("bulk-action-progress/<record_id:job_id>/cancel", JobViewSet.as_view({"post": "cancel"})),
]
