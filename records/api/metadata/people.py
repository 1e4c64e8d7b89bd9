"""The workspace's members, and what the caller may do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.bodies import read_object
from records.api.pagination import page_content, page_request
from records.api.viewsets import ApiViewSet
from records.services.access import (
    get_member,
    list_members,
    may_write,
    visible_fields,
)
from records.services.catalogue import MemberSpec
from records.services.shaping import list_objects

from . import documentation
from .requests import Body

TYPEAHEAD, MOST_TYPEAHEAD = 20, 100


class TeamViewSet(ApiViewSet):
    """The members of the workspace; everybody in it may know them."""

    area = "members"
    reads = frozenset({"search"})

    @documentation.list_team
    def list(self, request: HttpRequest) -> HttpResponse:
        page = page_request(request)
        count, members = list_members(
            self.author, search=request.GET.get("search", ""), offset=page.offset, limit=page.size
        )
        return json_answer(
            page_content(request, [member.json for member in members], page, count=count)
        )

    @documentation.retrieve_team_member
    def retrieve(self, request: HttpRequest, member_id: str) -> HttpResponse:
        return json_answer(get_member(self.author, member_id).json)

    @documentation.search_team
    def search(self, request: HttpRequest) -> HttpResponse:
        body = Body(read_object(request, ("search", "page", "page_size")))
        page = page_request(request, body.content)
        count, members = list_members(
            self.author, search=body.text("search"), offset=page.offset, limit=page.size
        )
        return json_answer(
            page_content(request, [member.json for member in members], page, count=count)
        )

    @documentation.team_typeahead
    def typeahead(self, request: HttpRequest) -> HttpResponse:
        page = page_request(request, size=TYPEAHEAD, most=MOST_TYPEAHEAD)
        _, members = list_members(
            self.author,
            search=request.GET.get("search", ""),
            active=True,
            offset=page.offset,
            limit=page.size,
        )
        return json_answer([_typeahead_row(member) for member in members])


def _typeahead_row(member: MemberSpec) -> dict[str, Any]:
    named = {"display_name": member.name, "full_name": member.name}
    return {**member.json, **named, "title": None}


class EmployeeViewSet(TeamViewSet):
    """The members, under the older name of these paths."""

    @documentation.list_employees
    def list(self, request: HttpRequest) -> HttpResponse:
        return super().list(request)

    @documentation.retrieve_employee
    def retrieve(self, request: HttpRequest, member_id: str) -> HttpResponse:
        return super().retrieve(request, member_id)

    @documentation.search_employees
    def search(self, request: HttpRequest) -> HttpResponse:
        return super().search(request)

    @documentation.employee_typeahead
    def typeahead(self, request: HttpRequest) -> HttpResponse:
        return super().typeahead(request)


class AccessViewSet(ApiViewSet):
    """What the caller may do; every key may ask."""

    area = ""

    @documentation.access
    def retrieve(self, request: HttpRequest) -> HttpResponse:
        author = self.author
        return json_answer(
            {
                "workspace": {"id": author.workspace.uuid},
                "member": author.member.json,
                "is_admin": author.role.is_admin,
                "scopes": list(author.scopes),
                "read_only": author.is_read_only,
                "objects": [
                    self._object(info.id) for info in list_objects(author, custom_only=False)
                ],
            }
        )

    def _object(self, object_id: int) -> dict[str, Any]:
        schema, grant = self.author.directory.schema(object_id), self.author.role.grant(object_id)
        return {
            "id": schema.uuid,
            "name": schema.name,
            "object_name": schema.object_name,
            "access": {
                "create": grant.create,
                "view": grant.view,
                "edit": grant.edit,
                "remove": grant.remove,
            },
            "fields": [
                {
                    "id": spec.uuid,
                    "name": spec.name,
                    "access": {"view": True, "edit": may_write(self.author, spec)},
                }
                for spec in visible_fields(self.author, schema)
            ],
        }
