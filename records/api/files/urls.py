"""The paths of files, below `/api/`. None ends in a slash."""

from __future__ import annotations

from django.urls import path

import records.api.converters  # noqa: F401 - registers them

from .attachments import AttachmentViewSet
from .signed import SignedFileViewSet

RECORD = "attachments/<str:object_identifier>/<record_id:entity_id>"

urlpatterns = [
    path(
        RECORD,
        AttachmentViewSet.as_view({"get": "list", "post": "begin_upload", "delete": "destroy"}),
    ),
    path(f"{RECORD}/url", AttachmentViewSet.as_view({"get": "url"})),
    path("files/<str:token>", SignedFileViewSet.as_view({"get": "download", "put": "upload"})),
]
