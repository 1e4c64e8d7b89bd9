"""Roles, and what they may do: listing, reading and changing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import empty_answer, json_answer
from records.api.pagination import PageRequest, page_content, page_request
from records.api.viewsets import ApiViewSet
from records.exceptions import NotFound
from records.services.people import (
    create_permission_group,
    create_role,
    delete_role,
    duplicate_permission_group,
    get_permission_group,
    get_role,
    list_roles,
    set_permission_level,
    update_permission_group,
    update_role,
)

from . import documentation
from .catalogue import CATALOGUE
from .requests import group_changes, level_change, read_body, role_changes
from .responses import group_detail, group_row, role_detail, role_row


class PeopleViewSet(ApiViewSet):
    """Names and ids are for everybody in the workspace; changes take an admin, and a key that
    reaches as far."""

    area = "members"
    defines = True

    def _check_scope(self, level: str) -> None:
        super()._check_scope("admin" if level == "write" else level)

    def _page(self, request: HttpRequest) -> PageRequest:
        return page_request(request)


class RoleViewSet(PeopleViewSet):
    """The roles of the workspace."""

    @documentation.list_roles
    def list(self, request: HttpRequest) -> HttpResponse:
        page, found = self._page(request), list_roles(self.author, request.GET.get("search", ""))
        rows = [role_row(info) for info in page.of(found)]
        return json_answer(page_content(request, rows, page, count=len(found)))

    @documentation.create_role
    def create(self, request: HttpRequest) -> HttpResponse:
        body = read_body(request)
        made = create_role(self.author, body.required("name"), **role_changes(body))
        return self._answer(str(made.uuid), 201)

    @documentation.retrieve_role
    def retrieve(self, request: HttpRequest, role_id: str) -> HttpResponse:
        return self._answer(role_id)

    @documentation.update_role
    def partial_update(self, request: HttpRequest, role_id: str) -> HttpResponse:
        found, body = get_role(self.author, role_id), read_body(request)
        update_role(self.author, found.id, **role_changes(body))
        return self._answer(role_id)

    @documentation.delete_role
    def destroy(self, request: HttpRequest, role_id: str) -> HttpResponse:
        delete_role(self.author, get_role(self.author, role_id).id)
        return empty_answer(204)

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        return role_detail(get_role(self.author, path.get("role_id", "")))

    def _answer(self, role_id: str, status: int = 200) -> HttpResponse:
        return json_answer(role_detail(get_role(self.author, role_id)), status)


class PermissionGroupViewSet(PeopleViewSet):
    """What roles may do: each is a permission group, under the role's id and name."""

    @documentation.list_groups
    def list(self, request: HttpRequest) -> HttpResponse:
        page, found = self._page(request), list_roles(self.author, request.GET.get("search", ""))
        rows = [group_row(info) for info in page.of(found)]
        return json_answer(page_content(request, rows, page, count=len(found)))

    @documentation.create_group
    def create(self, request: HttpRequest) -> HttpResponse:
        body = read_body(request)
        made = create_permission_group(self.author, body.required("name"), **group_changes(body))
        return self._answer(str(made.uuid), 201)

    @documentation.retrieve_group
    def retrieve(self, request: HttpRequest, group_id: str) -> HttpResponse:
        return self._answer(group_id)

    @documentation.replace_group
    def update(self, request: HttpRequest, group_id: str) -> HttpResponse:
        found, body = get_role(self.author, group_id), read_body(request)
        changes = {"name": body.required("name"), **group_changes(body, whole=True)}
        update_permission_group(self.author, found.id, **changes)
        return self._answer(group_id)

    @documentation.update_group
    def partial_update(self, request: HttpRequest, group_id: str) -> HttpResponse:
        found, body = get_role(self.author, group_id), read_body(request)
        update_permission_group(self.author, found.id, **group_changes(body))
        return self._answer(group_id)

    @documentation.delete_group
    def destroy(self, request: HttpRequest, group_id: str) -> HttpResponse:
        delete_role(self.author, get_role(self.author, group_id).id)
        return empty_answer(204)

    @documentation.duplicate_group
    def duplicate(self, request: HttpRequest, group_id: str) -> HttpResponse:
        found, body = get_role(self.author, group_id), read_body(request)
        made = duplicate_permission_group(self.author, found.id, body.required("name"))
        return self._answer(str(made.uuid), 201)

    @documentation.update_object
    def object_update(self, request: HttpRequest, group_id: str) -> HttpResponse:
        found, body = get_role(self.author, group_id), read_body(request)
        asked = level_change(body)
        set_permission_level(self.author, found.id, asked.pop("object_key"), **asked)
        return self._answer(group_id)

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        if not self.author.may_define:  # the write refuses them, in its own words
            raise NotFound
        return group_detail(get_permission_group(self.author, path.get("group_id", "")))

    def _answer(self, group_id: str, status: int = 200) -> HttpResponse:
        return json_answer(group_detail(get_permission_group(self.author, group_id)), status)


class CatalogueViewSet(PeopleViewSet):
    """What can be granted at all: the same in every workspace."""

    defines = False

    @documentation.catalogue
    def retrieve(self, request: HttpRequest) -> HttpResponse:
        return json_answer(CATALOGUE)
