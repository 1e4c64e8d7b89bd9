"""The files of a record: listing them, and asking for links to send, fetch and remove them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import empty_answer, json_answer
from records.api.bodies import read_object
from records.api.viewsets import ApiViewSet
from records.exceptions import InvalidInput
from records.services.access import get_schema
from records.services.operations import home_of
from records.services.reading import SignedLink, address

from . import documentation
from .responses import attachment_row


class AttachmentViewSet(ApiViewSet):
    """Files are named within their record; a name may be a path."""

    area = "records"

    @documentation.list_files
    def list(self, request: HttpRequest, object_identifier: str, entity_id: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        prefix = request.GET.get("prefix", "")
        found = home_of(schema).list_attachments(self.author, schema, address(entity_id), prefix)
        return json_answer({"count": len(found), "results": [attachment_row(row) for row in found]})

    @documentation.begin_upload
    def begin_upload(
        self, request: HttpRequest, object_identifier: str, entity_id: str
    ) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        body = read_object(request, ("filename", "content_type"))
        link = home_of(schema).begin_upload(
            self.author, schema, address(entity_id), body.get("filename"), body.get("content_type")
        )
        return json_answer(_link_row(request, link, "upload_url"))

    @documentation.url
    def url(self, request: HttpRequest, object_identifier: str, entity_id: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        link = home_of(schema).get_url(self.author, schema, address(entity_id), _filename(request))
        return json_answer(_link_row(request, link, "url"))

    @documentation.destroy
    def destroy(self, request: HttpRequest, object_identifier: str, entity_id: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        home_of(schema).delete_attachment(
            self.author, schema, address(entity_id), _filename(request)
        )
        return empty_answer(204)


def _filename(request: HttpRequest) -> str:
    name = request.GET.get("filename", "")
    if not name:
        raise InvalidInput("this parameter is required.", "required", at="filename")
    return name


def _link_row(request: HttpRequest, link: SignedLink, key: str) -> dict[str, Any]:
    return {
        key: request.build_absolute_uri(link.path),
        "method": link.method,
        "expires_at": link.expires_at.isoformat(timespec="seconds"),
    }
