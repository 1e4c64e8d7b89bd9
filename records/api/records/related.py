"""What a record holds and what points at it, by the record's id alone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.bodies import read_object
from records.api.pagination import KEYS as PAGE_KEYS
from records.api.pagination import page_content, page_request
from records.services.operations import list_field_values, related_pipeline_records

from . import documentation, requests
from .responses import pipeline_row
from .viewsets import RecordsViewSet


class RelatedViewSet(RecordsViewSet):
    """The values of a record's fields, and the records that point at it."""

    reads = frozenset({"pipeline_records"})

    @documentation.field_values
    def field_values(self, request: HttpRequest, entity_id: str, field_id: str) -> HttpResponse:
        page = page_request(request)
        search = request.GET.get("search", "")
        count, values = list_field_values(
            self.author, entity_id, field_id.lower(), search, page.offset, page.size
        )
        return json_answer(page_content(request, values, page, count=count))

    @documentation.pipeline_records
    def pipeline_records(self, request: HttpRequest, entity_id: str) -> HttpResponse:
        body = read_object(request, ("object_ids", "field_ids", *PAGE_KEYS))
        page = page_request(request, body)
        object_ids, field_ids = (
            requests.id_list(body, "object_ids"),
            requests.id_list(body, "field_ids"),
        )
        count, views = related_pipeline_records(
            self.author, entity_id, object_ids, field_ids, page.offset, page.size
        )
        return json_answer(page_content(request, list(map(pipeline_row, views)), page, count=count))
