"""The paths of files, below `/api/`. None ends in a slash."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

import records.api.converters  # noqa: F401 - registers them
from records.api.viewsets import SAFE_METHODS

from .attachments import AttachmentViewSet
from .free import FileViewSet
from .signed import SignedFileViewSet

by_token = SignedFileViewSet.as_view({"get": "download", "put": "upload", "post": "upload_form"})
_read = FileViewSet.as_view({"get": "retrieve"})


@csrf_exempt  # as the views are that it leads to
def by_id(request: HttpRequest, file_id: str) -> HttpResponseBase:
    """Below `files/` a UUID is a file, which is read; anything else is the token of a signed link,
    and there alone files are sent."""
    if (request.method or "").lower() in SAFE_METHODS:
        return _read(request, file_id=file_id)
    return by_token(request, token=file_id)


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
    path(FILE, by_id),
    path(f"{FILE}/download", FileViewSet.as_view({"get": "download"})),
    path("files/<str:token>", by_token),
]
