"""What a filter builder asks for: objects, fields and tags by a part of their name."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api import parameters
from records.api.answers import json_answer
from records.api.pagination import page_content, page_request
from records.exceptions import InvalidInput, NotFound, quoted
from records.services.access import told_field, visible_fields
from records.services.catalogue import CONTACTS, FieldSpec, identifier_key
from records.services.shaping import list_objects

from . import documentation
from .responses import field_row, object_row
from .viewsets import MetadataViewSet

TAGS = "dynamictags"
TAG_ORDERINGS = ("name", "-name")


class FindingViewSet(MetadataViewSet):
    """Lists to choose from."""

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
        schema = self.schema_of(object_key)
        sought = request.GET.get("search", "").strip().casefold()
        kinds = parameters.csv(request, "field_type")
        category = request.GET.get("category", "")
        found = [
            spec
            for spec in visible_fields(self.author, schema)
            if (sought in spec.name or sought in spec.display_name.casefold())
            and (not kinds or spec.type.name in kinds)
            and (not category or spec.category_uuid == category.lower())
        ]
        rows = [field_row(self.author, told_field(self.author, schema, spec)) for spec in found]
        return json_answer([{**row, "options": _listed(row)} for row in rows])

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
