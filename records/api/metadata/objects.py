"""Objects: what kinds of records a workspace has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api import parameters
from records.api.answers import empty_answer, json_answer
from records.api.errors import MethodNotAllowed
from records.api.pagination import page_content, page_request
from records.exceptions import InvalidInput, NotFound
from records.services.access import record_schema
from records.services.shaping import (
    DEFAULT_STAGES,
    archive_object,
    create_object,
    get_object,
    get_object_info,
    list_objects,
    restore_object,
    update_object,
)

from . import documentation
from .requests import read_body, stage_definitions
from .responses import object_detail, object_row
from .viewsets import MetadataViewSet

KINDS = ("standard", "pipeline")
CHANGED = ("object_name", "entity_name", "description", "default_color", "default_icon")


class ObjectViewSet(MetadataViewSet):
    """The objects of the workspace, and each of them."""

    @documentation.list_objects
    def list(self, request: HttpRequest) -> HttpResponse:
        page = page_request(request)
        found = list_objects(
            self.author,
            custom_only=parameters.flag(request, "custom_only", default=True),
            archived=parameters.flag(request, "archived"),
            search=request.GET.get("search", ""),
            ordering=parameters.csv(request, "ordering") or (),
        )
        rows = [object_row(self.author, info) for info in page.of(found)]
        return json_answer(page_content(request, rows, page, count=len(found)))

    @documentation.create_object
    def create(self, request: HttpRequest) -> HttpResponse:
        body = read_body(request)
        kind = body.text("object_type", "standard")
        if kind not in KINDS:
            raise InvalidInput(f"expected one of {', '.join(KINDS)}.", at="object_type")
        identifier: str | None = body.text("identifier_field", "name")
        if "identifier_field" in body.content and body.content["identifier_field"] is None:
            identifier = None
        made = create_object(
            self.author,
            body.required("object_name"),
            body.required("entity_name"),
            name=body.text("name"),
            object_type=kind,
            description=body.text("description"),
            display_pattern=body.text("entity_display_name_pattern_text"),
            identifier_field=identifier,
            stages=stage_definitions(body.group("pipeline")) or DEFAULT_STAGES,
            default_color=body.text("default_color", most=32),
            default_icon=body.text("default_icon", most=64),
        )
        return self._answer_object(made.pk, 201)

    @documentation.retrieve_object
    def retrieve(self, request: HttpRequest, object_key: str) -> HttpResponse:
        return self._answer_object(self.schema_of(object_key).id)

    @documentation.update_object
    def partial_update(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema, body = self.schema_of(object_key), read_body(request)
        changes: dict[str, Any] = body.given(**dict.fromkeys(CHANGED, body.text))
        if "entity_display_name_pattern_text" in body:
            changes["display_pattern"] = body.text("entity_display_name_pattern_text")
        update_object(self.author, get_object(self.author, schema.uuid), **changes)
        return self._answer_object(schema.id)

    @documentation.archive_object
    def destroy(self, request: HttpRequest, object_key: str) -> HttpResponse:
        info = get_object_info(self.author, self.schema_of(object_key).id)
        if not info.is_custom:
            raise MethodNotAllowed(("get", "patch"))
        archive_object(self.author, info.id)
        return empty_answer(204)

    @documentation.unarchive_object
    def unarchive(self, request: HttpRequest, object_key: str) -> HttpResponse:
        return self._answer_object(restore_object(self.author, object_key))

    @documentation.object_schema
    def json_schema(self, request: HttpRequest, object_key: str) -> HttpResponse:
        return json_answer(record_schema(self.author, self.schema_of(object_key)))

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        return self._row(self.schema_of(path.get("object_key", "")).id)

    def _answer_object(self, object_id: int, status: int = 200) -> HttpResponse:
        if self.request_changes:
            self.renew()
        return json_answer(self._row(object_id), status)

    def _row(self, object_id: int) -> dict[str, Any]:
        info = get_object_info(self.author, object_id)
        if (
            object_id not in self.author.directory.objects
        ):  # somebody else has archived it meanwhile
            raise NotFound
        return object_detail(self.author, info, self.author.directory.schema(object_id))

    @property
    def request_changes(self) -> bool:
        """Whether this request has changed what the author knows."""
        return self.action != "retrieve"
