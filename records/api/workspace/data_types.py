"""The data types of a workspace, and how many records a member has of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.exceptions import InvalidInput, NotFound, problems_in
from records.services.access import check_scope, told_field
from records.services.jobs import remove_type_field
from records.services.people import clone_data_type
from records.services.shaping import (
    DataType,
    FieldChange,
    Violations,
    archive_data_type,
    change_type_field,
    check_not_archived,
    check_slug,
    count_violations,
    create_data_type,
    find_type_field,
    get_data_type,
    get_data_type_by_slug,
    get_definable_type,
    list_data_types,
    member_record_counts,
    remove_option,
    restore_data_type,
    update_data_type,
)

from . import documentation
from .fields import (
    FIELD_KEYS,
    MAX_FIELDS,
    WORDS,
    field_change,
    field_changes,
    field_row,
    new_field,
    new_fields,
)
from .requests import Body, Query, read_body
from .responses import data_type_row
from .viewsets import WorkspaceViewSet

OPTIONS = "options"
WRITTEN = (
    *("name", "slug", "description", "prompt", "isCollection", "isPinned", "pinned", "fields"),
)
SORTS = ("createdAt", "name", "slug", "updatedAt", "recordCount")


def violations_answer(found: Violations) -> HttpResponse:
    """How many records break a validation, and the first of them."""
    return json_answer({"violations": found.count, "sample": found.sample})


class DataTypeViewSet(WorkspaceViewSet):
    """Reads are for keys that may read types, writes for those that may write them, of admins."""

    area = "datatypes"
    reads = frozenset({"validate_slug"})
    defines = True

    @documentation.list_types
    def list(self, request: HttpRequest) -> HttpResponse:
        query = Query(request, "archived", "sortBy", "sortOrder", OPTIONS).only()
        found = list_data_types(
            self.author,
            archived=query.flag("archived"),
            sort=query.choice("sortBy", SORTS),
            descending=query.choice("sortOrder", ("asc", "desc")) == "desc",
        )
        full = shows_options(query)
        return json_answer([data_type_row(self.author, item, full=full) for item in found])

    @documentation.create_type
    def create(self, request: HttpRequest) -> HttpResponse:
        full = shows_options(Query(request, OPTIONS).only())
        body = read_body(request, *WRITTEN)
        name, fields = body.required("name"), new_fields(body.items("fields", MAX_FIELDS))
        slug, description = body.text("slug"), body.text("description")
        is_collection = body.flag("isCollection", default=True)
        prompt, pinned = body.text("prompt"), _is_pinned(body)
        with problems_in(WORDS):
            made = create_data_type(
                self.author,
                name,
                slug=slug,
                description=description,
                is_collection=is_collection,
                prompt=prompt,
                is_pinned=pinned,
                fields=fields,
            )
        self.renew()
        return self._answer_type(get_data_type(self.author, made), full, 201)

    @documentation.retrieve_type
    def retrieve(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        full = shows_options(Query(request, OPTIONS).only())
        return self._answer_type(get_data_type(self.author, data_type_id), full)

    @documentation.retrieve_type_by_slug
    def by_slug(self, request: HttpRequest, slug: str) -> HttpResponse:
        full = shows_options(Query(request, OPTIONS).only())
        return self._answer_type(get_data_type_by_slug(self.author, slug), full)

    @documentation.update_type
    def update(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        query = Query(request, OPTIONS, "check").only()
        full = shows_options(query)
        found = get_data_type(self.author, data_type_id)
        body = read_body(request, *WRITTEN, "archived")
        if query.flag("check"):
            return self._answer_violations(body, found)
        if body.text("slug", found.slug) != found.slug:
            raise InvalidInput("the slug of a type cannot be changed.", at="slug")
        if body.flag("archived", default=found.archived) != found.archived:
            if len(body.content) > 1:
                raise InvalidInput("it cannot be combined with other keys.", at="archived")
            self._move(found, archived=not found.archived, force=True)
        else:
            check_not_archived(found)
            fields = field_changes(found.schema, body.items("fields", MAX_FIELDS))
            changes = _type_changes(body)
            with problems_in(WORDS):
                update_data_type(self.author, found.schema, changes, fields)
        self.renew()
        return self._answer_type(get_data_type(self.author, data_type_id), full)

    @documentation.archive_type
    def archive(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        found = get_data_type(self.author, data_type_id)
        query = Query(request, "force", OPTIONS).only()
        read_body(request)
        self._move(found, archived=True, force=query.flag("force"))
        self.renew()
        return self._answer_type(get_data_type(self.author, data_type_id), shows_options(query))

    @documentation.unarchive_type
    def unarchive(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        found = get_data_type(self.author, data_type_id)
        query = Query(request, OPTIONS).only()
        read_body(request)
        self._move(found, archived=False)
        self.renew()
        return self._answer_type(get_data_type(self.author, data_type_id), shows_options(query))

    @documentation.clone_type
    def clone(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        full = shows_options(Query(request, OPTIONS).only())
        found = get_data_type(self.author, data_type_id)
        body = read_body(request, "name", "slug")
        name = body.required("name") if body.given("name") else ""
        with problems_in(WORDS):
            made = clone_data_type(self.author, found.id, name, body.text("slug"))
        self.renew()
        return self._answer_type(get_data_type(self.author, made), full, 201)

    def _answer_violations(self, body: Body, found: DataType) -> HttpResponse:
        """Which records the validations that are sent would refuse; nothing is saved."""
        check_not_archived(found)
        fields = field_changes(found.schema, body.items("fields", MAX_FIELDS))
        with problems_in(WORDS):
            broken = count_violations(self.author, found.schema, fields)
        return violations_answer(broken)

    def _move(self, found: DataType, *, archived: bool, force: bool = False) -> None:
        """Archive a type or bring it back, unless it is there already."""
        check_scope(self.author, self.area, "admin")
        if archived:
            archive_data_type(self.author, found, force=force)
        else:
            restore_data_type(self.author, found)

    @documentation.destroy_type
    def destroy(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        found = get_data_type(self.author, data_type_id)
        force = Query(request, "force").only().flag("force")
        self._move(found, archived=True, force=force)
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

    def _answer_type(self, found: DataType, full: bool = False, status: int = 200) -> HttpResponse:
        return json_answer(data_type_row(self.author, found, full=full), status)


class DataTypeFieldViewSet(WorkspaceViewSet):
    """The fields of a data type and their options, one at a time."""

    area = "datatypes"
    defines = True

    @documentation.create_field
    def create(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        full = shows_options(Query(request, OPTIONS).only())
        found = get_definable_type(self.author, data_type_id)
        change = new_field(read_body(request, *FIELD_KEYS))
        return self._save(found, change, full, 201)

    @documentation.update_field
    def update(self, request: HttpRequest, data_type_id: int, field_id: int) -> HttpResponse:
        query = Query(request, OPTIONS, "check").only()
        full = shows_options(query)
        found = get_definable_type(self.author, data_type_id)
        change = field_change(found.schema, field_id, read_body(request, *FIELD_KEYS))
        if query.flag("check"):
            with problems_in({**WORDS, "fields": ""}):
                return violations_answer(count_violations(self.author, found.schema, [change]))
        return self._save(found, change, full)

    @documentation.destroy_field
    def destroy(self, request: HttpRequest, data_type_id: int, field_id: int) -> HttpResponse:
        check_scope(self.author, self.area, "admin")
        query = Query(request, "force").only()
        found = get_definable_type(self.author, data_type_id)
        remove_type_field(self.author, found.schema, field_id, force=query.flag("force"))
        return json_answer({"status": "deleted"})

    @documentation.destroy_option
    def destroy_option(
        self, request: HttpRequest, data_type_id: int, field_id: int, name: str
    ) -> HttpResponse:
        query = Query(request, "force", "replaceWith").only()
        heir, force = query.text("replaceWith"), query.flag("force")
        if heir is not None and force:
            raise InvalidInput("send either replaceWith or force.", at="force")
        found = get_definable_type(self.author, data_type_id)
        spec = find_type_field(found.schema, field_id)
        if spec is None:
            raise NotFound
        replaced = remove_option(
            self.author, found.schema, spec, name, replace_with=heir, force=force
        )
        return json_answer({"status": "deleted", "replaced": replaced})

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        found = get_data_type(self.author, path["data_type_id"])
        return self._row(found, path.get("field_id", 0), full=True)

    def _save(
        self, found: DataType, change: FieldChange, full: bool, status: int = 200
    ) -> HttpResponse:
        with problems_in(WORDS):
            field_id = change_type_field(self.author, found.schema, change)
        self.renew()
        renewed = get_data_type(self.author, found.id)
        return json_answer(self._row(renewed, field_id, full=full), status)

    def _row(self, found: DataType, field_id: int, *, full: bool) -> dict[str, Any]:
        spec = find_type_field(found.schema, field_id)
        if spec is None or spec.id in self.author.role.hidden_fields:
            raise NotFound
        return field_row(found.schema, told_field(self.author, found.schema, spec), full=full)


def shows_options(query: Query) -> bool:
    """Whether options are shown with their ids."""
    return query.choice(OPTIONS, ("names", "full")) == "full"


def _is_pinned(body: Body) -> bool:
    """Whether the type is on start pages, by either name of the key."""
    if body.given("isPinned") and body.given("pinned"):
        raise body.wrong("it is the same as isPinned; send one of them", "pinned")
    return body.flag("pinned" if body.given("pinned") else "isPinned")


def _type_changes(body: Body) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if body.given("name"):
        changes["object_name"] = changes["entity_name"] = body.required("name")
    for key in ("description", "prompt"):
        if key in body:
            changes[key] = body.text(key)
    if body.given("isPinned") or body.given("pinned"):
        changes["is_pinned"] = _is_pinned(body)
    if body.given("isCollection"):
        changes["is_collection"] = body.flag("isCollection")
    return changes
