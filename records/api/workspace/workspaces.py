"""The workspaces that the caller is a member of: the first call of a program that has a key
alone."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.services.access import Author
from records.services.people import Member, get_membership, list_memberships
from records.services.reading import local_time

from . import people_documentation as documentation
from .requests import Query
from .viewsets import WorkspaceViewSet


class WorkspacesViewSet(WorkspaceViewSet):
    """For any key, whatever its scopes, and any session."""

    area = ""

    def authenticate(self, request: HttpRequest, kwargs: dict[str, Any]) -> Author:
        if "workspace_uuid" in kwargs:
            return super().authenticate(request, kwargs)
        return self._bearer.authenticate(request)[0]

    def _read(self, request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse:
        # A person may be a member of several workspaces, and no author has more than one.
        if self.action == "list" and "HTTP_AUTHORIZATION" not in request.META:
            user_id = self._bearer.session_user(request)
            Query(request).only()
            return json_answer([workspace_row(found) for found in list_memberships(user_id)])
        return super()._read(request, kwargs)

    @documentation.list_workspaces
    def list(self, request: HttpRequest) -> HttpResponse:
        Query(request).only()
        return json_answer([workspace_row(get_membership(self.author))])

    @documentation.retrieve_workspace
    def retrieve(self, request: HttpRequest) -> HttpResponse:
        Query(request).only()
        return json_answer(workspace_row(get_membership(self.author)))


def workspace_row(member: Member) -> dict[str, Any]:
    """A workspace, as this member sees it."""
    workspace = member.workspace
    return {
        "id": workspace.pk,
        "uuid": str(workspace.uuid),
        "name": workspace.name,
        "slug": workspace.slug,
        "timeZone": workspace.time_zone,
        "memberId": member.pk,
        "memberRoleId": member.role_id,
        "createdAt": local_time(workspace.created_at, ZoneInfo(workspace.time_zone)),
    }
