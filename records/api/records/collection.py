"""The records of one object: adding, looking up, searching, upserting."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from records.api import parameters
from records.api.answers import json_answer
from records.api.pagination import link, page_content
from records.exceptions import InvalidInput
from records.services.access import get_schema
from records.services.read import get_record_by_identifier
from records.services.search import search_records
from records.services.write import Mode, SaveRequest, save_record, upsert_request

from . import documentation, requests
from .responses import listed_records, record_answer, saved_answer
from .viewsets import RecordsViewSet


class CollectionViewSet(RecordsViewSet):
    """The records of an object."""

    writes = frozenset({"add", "upsert"})
    reads = frozenset({"search"})

    @documentation.add
    def add(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        body = requests.write_body(request, "unarchive")
        save = SaveRequest(
            Mode.CREATE,
            entries=body.entries,
            on_archived=body.choice("unarchive", requests.ARCHIVED_CHOICES),
        )
        return saved_answer(self.author, save_record(self.author, schema, save), all_fields=True)

    @documentation.lookup
    def lookup(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        identifier = request.GET.get("identifier", "")
        if not identifier:
            raise InvalidInput("identifier: this parameter is required.", "required")
        fields = requests.looked_up_fields(self.author, schema, request)
        return record_answer(request, get_record_by_identifier(self.author, schema, identifier, fields))

    @documentation.search
    def search(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        asked = requests.asked_search(request, self.author, schema)
        found = search_records(self.author, schema, asked.request)
        rows = listed_records(found.views)
        content = page_content(request, rows, asked.page, count=found.count, has_next=found.has_next)
        if asked.by_cursor:
            content["previous"] = None
            content["next"] = link(request, cursor=found.next_cursor, page=None) if found.has_next else None
        return json_answer({**content, "next_cursor": found.next_cursor})

    @documentation.upsert
    def upsert(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        all_fields = parameters.flag(request, "return_all_fields")
        body = requests.write_body(request, *requests.UPSERT_KEYS, fields_required=False)
        save = upsert_request(
            self.author,
            schema,
            requests.lookup_value(body.content),
            body.entries,
            match_field=requests.text(body.content, "match_field"),
            on_archived=body.choice("oncreate_unarchive", requests.ARCHIVED_CHOICES),
            archived_conflict=body.choice("onupdate_archived_conflict", ("overwrite",)),
        )
        result = save_record(self.author, schema, save)
        made = result.action in ("created", "unarchived")
        return saved_answer(self.author, result, all_fields=all_fields or made, status=201 if made else 200)
