"""Files by their ids, and sending one before its record is known."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.http import FileResponse, HttpRequest, HttpResponse

from records.api.answers import JSON, json_answer
from records.api.bodies import JsonBody, read_object
from records.api.errors import UnsupportedMediaType
from records.api.viewsets import ApiViewSet
from records.exceptions import InvalidInput
from records.http import read_bytes
from records.services.files import (
    FileView,
    begin_free_upload,
    check_purpose,
    confirm_upload,
    get_file,
    open_file,
)

from . import documentation
from .responses import file_response

FORM = "application/x-www-form-urlencoded"
KEYS = ("uuid", "key", "name", "etag")
MOST_FIELDS = 100


class FileViewSet(ApiViewSet):
    """A file of a record is shown to those who see the record, any other to who sent it."""

    area = "records"

    @documentation.presigned_post
    def presigned_post(self, request: HttpRequest) -> HttpResponse:
        check_purpose(request.GET.get("source", ""), at="source")
        form = begin_free_upload(
            self.author, request.GET.get("filename", ""), request.GET.get("contenttype")
        )
        return json_answer(
            {
                "url": request.build_absolute_uri(form.link.path),
                "fields": {"key": form.key},
                "s3object_id": form.uuid,
                "max_file_size": form.max_size,
            }
        )

    @documentation.confirm
    def confirm(self, request: HttpRequest) -> HttpResponse:
        check_purpose(request.GET.get("source", ""), at="source")
        sent = _form(request)
        if not sent.get("uuid"):
            raise InvalidInput("this key is required.", "required", at="uuid")
        found = confirm_upload(
            self.author,
            sent["uuid"],
            key=sent.get("key", ""),
            name=sent.get("name", ""),
            etag=sent.get("etag", ""),
        )
        return json_answer(_file_row(request, found))

    def retrieve(self, request: HttpRequest, file_id: str) -> HttpResponse:
        return json_answer(_file_row(request, get_file(self.author, file_id)))

    @documentation.download_file
    def download(self, request: HttpRequest, file_id: str) -> FileResponse:
        return file_response(open_file(self.author, file_id))


def _file_row(request: HttpRequest, found: FileView) -> dict[str, Any]:
    return {
        "id": found.uuid,
        "name": found.name,
        "url": request.build_absolute_uri(found.link.path),
        "thumbnail_url": None,
        "content_type": found.content_type,
        "size": found.size,
        "is_public": False,
        "is_common": False,
        "common_key": None,
    }


def _form(request: HttpRequest) -> dict[str, str]:
    """The fields of a form that is sent as such, or as JSON, which clients may prefer."""
    if request.content_type == JSON:
        body = JsonBody(read_object(request, KEYS))
        return {key: body.text(key) for key in KEYS}
    if request.content_type != FORM:
        raise UnsupportedMediaType(f"Send a form: {FORM}.")
    try:
        pairs = parse_qsl(
            read_bytes(request).decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:  # not UTF-8, or too many fields
        raise InvalidInput("The form in the body cannot be read.") from None
    return dict(pairs)
