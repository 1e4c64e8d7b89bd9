"""The paths of files, below `/api/`. None ends in a slash."""

from __future__ import annotations

from django.urls import path

import records.api.converters  # noqa: F401 - registers them

from .attachments import AttachmentViewSet
from .free import FileViewSet
from .signed import SignedFileViewSet

FILE = "files/<record_id:file_id>"
RECORD = "attachments/<str:object_identifier>/<record_id:entity_id>"

urlpatterns = [
    path(
        RECORD,
        AttachmentViewSet.as_view({"get": "list", "post": "begin_upload", "delete": "destroy"}),
    ),
    path(f"{RECORD}/url", AttachmentViewSet.as_view({"get": "url"})),
    path("s3/presigned-post", FileViewSet.as_view({"get": "presigned_post"})),
    path("s3/success", FileViewSet.as_view({"post": "confirm"})),
    # A UUID is a file; anything else is a signed link's token.
    path(FILE, FileViewSet.as_view({"get": "retrieve"})),
    path(f"{FILE}/download", FileViewSet.as_view({"get": "download"})),
    path(
        "files/<str:token>",
        SignedFileViewSet.as_view({"get": "download", "put": "upload", "post": "upload_form"}),
    ),
]
