"""The workspace's members, and what the caller may do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.pagination import page_content, page_request
from records.api.viewsets import ApiViewSet
from records.services.access import (
    get_member,
    list_members,
    may_write,
    visible_fields,
)
from records.services.shaping import list_objects

from . import documentation


class TeamViewSet(ApiViewSet):
    """The members of the workspace; everybody in it may know them."""

    area = "members"

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

    @documentation.team_typeahead
    def typeahead(self, request: HttpRequest) -> HttpResponse:
        _, members = list_members(
            self.author, search=request.GET.get("search", ""), active=True, limit=20
        )
        return json_answer([{**member.json, "display_name": member.name} for member in members])


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
