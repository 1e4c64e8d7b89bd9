"""The data types of a workspace, and how many records a member has of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.exceptions import InvalidInput, problems_in
from records.services.access import check_scope
from records.services.shaping import (
    DataType,
    check_slug,
    create_data_type,
    get_data_type,
    get_data_type_by_slug,
    list_data_types,
    member_record_counts,
    remove_data_type,
    restore_data_type,
    update_data_type,
)

from . import documentation
from .fields import MAX_FIELDS, WORDS, field_changes, new_fields
from .requests import Body, Query, read_body
from .responses import data_type_row
from .viewsets import WorkspaceViewSet

WRITTEN = ("name", "slug", "description", "isCollection", "fields")


class DataTypeViewSet(WorkspaceViewSet):
    """Reads are for keys that may read types, writes for those that may write them, of admins."""

    area = "datatypes"
    reads = frozenset({"validate_slug"})
    defines = True

    @documentation.list_types
    def list(self, request: HttpRequest) -> HttpResponse:
        query = Query(request, "archived", "sortBy", "sortOrder").only()
        found = list_data_types(
            self.author,
            archived=query.flag("archived"),
            sort=query.choice("sortBy", ("createdAt", "name", "recordCount")),
            descending=query.choice("sortOrder", ("asc", "desc")) == "desc",
        )
        return json_answer([data_type_row(self.author, item) for item in found])

    @documentation.create_type
    def create(self, request: HttpRequest) -> HttpResponse:
        body = read_body(request, *WRITTEN)
        name, fields = body.required("name"), new_fields(body.items("fields", MAX_FIELDS))
        slug, description = body.text("slug"), body.text("description")
        is_collection = body.flag("isCollection", default=True)
        with problems_in(WORDS):
            made = create_data_type(
                self.author,
                name,
                slug=slug,
                description=description,
                is_collection=is_collection,
                fields=fields,
            )
        self.renew()
        return self._answer_type(get_data_type(self.author, made), 201)

    @documentation.retrieve_type
    def retrieve(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        return self._answer_type(get_data_type(self.author, data_type_id))

    @documentation.retrieve_type_by_slug
    def by_slug(self, request: HttpRequest, slug: str) -> HttpResponse:
        return self._answer_type(get_data_type_by_slug(self.author, slug))

    @documentation.update_type
    def update(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        found = get_data_type(self.author, data_type_id)
        body = read_body(request, *WRITTEN, "archived")
        if body.text("slug", found.slug) != found.slug:
            raise InvalidInput("the slug of a type cannot be changed.", at="slug")
        if body.flag("archived", default=found.archived) != found.archived:
            self._move(body, found)
        elif found.archived:
            raise InvalidInput("The type is archived: send archived: false to unarchive it.")
        else:
            fields = field_changes(found.schema, body.items("fields", MAX_FIELDS))
            changes = _type_changes(body)
            with problems_in(WORDS):
                update_data_type(self.author, found.schema, changes, fields)
        self.renew()
        return self._answer_type(get_data_type(self.author, data_type_id))

    def _move(self, body: Body, found: DataType) -> None:
        """Archive a type or bring it back, which a request does alone."""
        if len(body.content) > 1:
            raise InvalidInput("it cannot be combined with other keys.", at="archived")
        if found.archived:
            restore_data_type(self.author, found)
        else:
            remove_data_type(self.author, found.id, force=True)

    @documentation.destroy_type
    def destroy(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        check_scope(self.author, self.area, "admin")
        get_data_type(self.author, data_type_id)
        remove_data_type(
            self.author, data_type_id, force=Query(request, "force").only().flag("force")
        )
        return json_answer({"status": "archived"})

    @documentation.validate_slug
    def validate_slug(self, request: HttpRequest) -> HttpResponse:
        found = check_slug(self.author, read_body(request, "slug").required("slug"))
        return json_answer(
            {"valid": found.valid, "available": found.available, "suggestion": found.suggestion}
        )

    @documentation.member_record_counts
    def member_record_counts(self, request: HttpRequest) -> HttpResponse:
        member_id = Query(request, "memberId").only().key("memberId")
        counts = member_record_counts(self.author, member_id)
        return json_answer({"counts": {str(key): count for key, count in counts.items()}})

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        found = get_data_type(self.author, path.get("data_type_id", 0))
        return data_type_row(self.author, found)

    def _answer_type(self, found: DataType, status: int = 200) -> HttpResponse:
        return json_answer(data_type_row(self.author, found), status)


def _type_changes(body: Body) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if body.given("name"):
        changes["object_name"] = changes["entity_name"] = body.required("name")
    if "description" in body:
        changes["description"] = body.text("description")
    if body.given("isCollection"):
        changes["is_collection"] = body.flag("isCollection")
    return changes
