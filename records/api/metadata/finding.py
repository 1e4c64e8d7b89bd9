"""What a filter builder asks for: objects, fields and tags by a part of their name, an object with
all that it has, and what uses a field."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api import parameters
from records.api.answers import json_answer
from records.api.bodies import read_object
from records.api.pagination import page_content, page_request
from records.exceptions import InvalidInput, NotFound, quoted
from records.services.access import told_field, visible_fields
from records.services.catalogue import CONTACTS, FieldSpec, identifier_key
from records.services.shaping import (
    field_references,
    get_object_info,
    list_categories,
    list_objects,
    named_choices,
)
from records.services.views import views_naming

from . import documentation
from .requests import Body
from .responses import (
    category_row,
    field_row,
    field_rows,
    object_detail,
    object_row,
    references_row,
)
from .viewsets import MetadataViewSet

TAGS = "dynamictags"
SEARCH_KEYS = ("search", "field_types", "category", "page", "page_size")
TAG_ORDERINGS = ("name", "-name")


class FindingViewSet(MetadataViewSet):
    """Lists to choose from."""

    reads = frozenset({"search"})

    @documentation.find_objects
    def objects(self, request: HttpRequest) -> HttpResponse:
        """The objects whose records the caller may see, contacts included."""
        page = page_request(request)
        found = [
            info
            for info in list_objects(
                self.author,
                custom_only=False,
                search=request.GET.get("search", ""),
                ordering=parameters.csv(request, "ordering") or (),
            )
            if self.author.role.grant(info.id).view != "none"
        ]
        rows = [object_row(self.author, info) for info in page.of(found)]
        return json_answer(page_content(request, rows, page, count=len(found)))

    @documentation.find_fields
    def fields(self, request: HttpRequest, object_key: str) -> HttpResponse:
        rows = self._rows(
            object_key,
            request.GET.get("search", ""),
            parameters.csv(request, "field_type") or (),
            request.GET.get("category", ""),
        )
        return json_answer([{**row, "options": _listed(row)} for row in rows])

    @documentation.search_fields
    def search(self, request: HttpRequest, object_key: str) -> HttpResponse:
        body = Body(read_object(request, SEARCH_KEYS))
        page = page_request(request, body.content)
        rows = self._rows(
            object_key, body.text("search"), body.texts("field_types"), body.text("category")
        )
        return json_answer(page_content(request, page.of(rows), page, count=len(rows)))

    def _rows(
        self, object_key: str, search: str, kinds: Collection[str], category: str
    ) -> list[dict[str, Any]]:
        """The fields with this text in a name, of these types, in this category; empty for any."""
        schema = self.schema_of(object_key)
        sought = search.strip().casefold()
        return [
            field_row(self.author, told_field(self.author, schema, spec))
            for spec in visible_fields(self.author, schema)
            if (sought in spec.name or sought in spec.display_name.casefold())
            and (not kinds or spec.type.name in kinds)
            and (not category or spec.category_uuid == category.lower())
        ]

    @documentation.object_details
    def details(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema = self.schema_of(object_key)
        row = object_detail(self.author, get_object_info(self.author, schema.id), schema)
        categories = list_categories(schema.workspace_id, schema.id)
        return json_answer(
            {
                **row,
                "fields": field_rows(self.author, schema),
                "categories": [category_row(item) for item in categories],
                "stages": row.get("pipeline", {}).get("stages"),
            }
        )

    @documentation.field_references
    def references(self, request: HttpRequest, object_key: str, field_key: str) -> HttpResponse:
        schema = self.schema_of(object_key)
        spec = self.field_of(schema, field_key)
        found = field_references(self.author, schema, spec)
        return json_answer(references_row(found, views_naming(self.author, schema, spec)))

    @documentation.find_tags
    def tags(self, request: HttpRequest, object_key: str, field_key: str) -> HttpResponse:
        schema = self.schema_of(object_key)
        if self.author.role.grant(schema.id).view == "none":
            raise NotFound
        spec = told_field(self.author, schema, self.field_of(schema, field_key))
        if spec.type.name != TAGS:
            raise InvalidInput(f"{quoted(spec.name)} holds no tags.")
        page = page_request(request)
        found = _tags(spec, request.GET.get("search", ""), request.GET.get("ordering", "name"))
        return json_answer(page_content(request, page.of(found), page, count=len(found)))

    @documentation.find_contact_tags
    def contact_tags(self, request: HttpRequest, field_key: str) -> HttpResponse:
        return self.tags(request, CONTACTS, field_key)


def _listed(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The options to choose from; tags are too many, and have a list of their own."""
    if row["field_type"] == TAGS:
        return []
    if named := named_choices(row["field_type"]):
        return [dict.fromkeys(("id", "name", "code"), name) for name in named]
    return [{key: option[key] for key in ("id", "name", "code")} for option in row["options"]]


def _tags(spec: FieldSpec, search: str, ordering: str) -> list[dict[str, str]]:
    if ordering not in TAG_ORDERINGS:
        raise InvalidInput(f"expected one of {', '.join(TAG_ORDERINGS)}.", at="ordering")
    sought = identifier_key(search)
    found = [
        tag
        for tag in spec.options.values()
        if not tag.deleted and sought in identifier_key(tag.name)
    ]
    found.sort(key=lambda tag: identifier_key(tag.name), reverse=ordering.startswith("-"))
    return [{"id": tag.uuid, "name": tag.name} for tag in found]
