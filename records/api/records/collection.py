"""The records of one object: adding, looking up, searching, counting, upserting."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from records.api import parameters
from records.api.answers import json_answer
from records.api.etags import check_new, set_conditions
from records.api.pagination import link, page_content
from records.services.access import get_schema
from records.services.operations import home_of
from records.services.writing import Mode, SaveRequest

from . import documentation, requests
from .responses import listed_records, record_answer, saved_answer
from .viewsets import RecordsViewSet


class CollectionViewSet(RecordsViewSet):
    """The records of an object."""

    writes = frozenset({"add", "upsert"})
    reads = frozenset({"search", "aggregate"})
    creating = frozenset({"add", "upsert"})

    @documentation.add
    def add(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        must_be_new = check_new(request, schema)
        body = requests.write_body(request, "unarchive", *requests.EXTERNAL_KEYS)
        save = SaveRequest(
            Mode.CREATE,
            entries=body.entries,
            attributes=requests.attributes(self.author, body.content),
            on_archived=body.choice("unarchive", requests.ARCHIVED_CHOICES),
            must_be_new=must_be_new,
        )
        return saved_answer(
            self.author, home_of(schema).save_record(self.author, schema, save), all_fields=True
        )

    @documentation.lookup
    def lookup(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        return record_answer(request, requests.looked_up(self.author, schema, request))

    @documentation.lookup_by_name
    def lookup_by_name(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        return record_answer(request, requests.looked_up_by_name(self.author, schema, request))

    @documentation.search
    def search(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        asked = requests.asked_search(request, self.author, schema)
        found = home_of(schema).search_records(self.author, schema, asked.request)
        rows = listed_records(found.views)
        content = page_content(
            request, rows, asked.page, count=found.count, has_next=found.has_next
        )
        if asked.by_cursor:
            content["previous"] = None
            content["next"] = (
                link(request, cursor=found.next_cursor, page=None) if found.has_next else None
            )
        return json_answer({**content, "next_cursor": found.next_cursor})

    @documentation.aggregate
    def aggregate(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        asked, page = requests.asked_aggregates(request, self.author, schema)
        found = home_of(schema).aggregate_records(self.author, schema, asked)
        rows = [{"group": group.values, **group.figures} for group in found.groups]
        return json_answer(page_content(request, rows, page, count=found.count))

    @documentation.upsert
    def upsert(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        all_fields = parameters.flag(request, "return_all_fields")
        body = requests.write_body(request, *requests.UPSERT_KEYS, fields_required=False)
        save = home_of(schema).upsert_request(
            self.author,
            schema,
            requests.lookup_value(body.content),
            body.entries,
            match_field=requests.text(body.content, "match_field"),
            external_source=requests.text(body.content, "external_source") or "",
            on_archived=body.choice("oncreate_unarchive", requests.ARCHIVED_CHOICES),
            archived_conflict=body.choice("onupdate_archived_conflict", ("overwrite",)),
        )
        set_conditions(request, save, schema)
        save.attributes = requests.upsert_attributes(self.author, schema, save, body.content)
        result = home_of(schema).save_record(self.author, schema, save)
        made = result.action in ("created", "unarchived")
        return saved_answer(
            self.author, result, all_fields=all_fields or made, status=201 if made else 200
        )
