"""Who is at the workbench, and in which of their workspaces."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from records.http import request_id
from records.models import Member, Source, Workspace, new_uuid
from records.services.access import (
    Author,
    Definer,
    member_author,
    operator_of,
)
from records.services.catalogue import load_workspace

CHOSEN = "workspace"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A user of the workbench: the workspaces they may choose from, the chosen one, and their
    membership in it.

    Operators may set up every workspace, but see the records only of those they are a member of.
    """

    user: Any
    workspaces: tuple[Workspace, ...]
    workspace: Workspace | None
    member: Member | None
    request_id: str = ""
    operation_id: UUID = field(default_factory=new_uuid)

    @property
    def workspace_id(self) -> int:
        """The chosen workspace; 0, which no row has, when there is none."""
        return self.workspace.pk if self.workspace is not None else 0

    @property
    def is_operator(self) -> bool:
        return bool(self.user.is_superuser)

    @property
    def may_define(self) -> bool:
        """Whether they may use the set-up pages of the chosen workspace."""
        if self.workspace is None:
            return False
        return self.is_operator or (self.member is not None and self.member.role.is_admin)

    def definer(self) -> Definer:
        """Who changes definitions: the operator, or the member."""
        if self.workspace is not None and self.is_operator:
            return operator_of(self.workspace.pk, self.user.pk)
        return self.author()

    def author(self) -> Author:
        """Who reads and writes records; Http404 unless they are a member of the chosen
        workspace."""
        if self.workspace is None or self.member is None:
            raise Http404
        author = member_author(
            load_workspace(self.workspace.pk), self.member.pk, Source.ADMIN, self.request_id
        )
        return replace(author, operation_id=self.operation_id)


def get_visitor(request: HttpRequest) -> Visitor:
    """Who sends the request; found out once per request."""
    known: Visitor | None = getattr(request, "visitor", None)
    if known is None:
        known = _find_visitor(request)
        request.visitor = known  # type: ignore[attr-defined]
    return known


def _find_visitor(request: HttpRequest) -> Visitor:
    user: Any = request.user
    if not user.is_authenticated:
        return Visitor(user, (), None, None)
    members = {
        member.workspace_id: member
        for member in Member.objects.filter(user=user, is_active=True).select_related(
            "workspace", "role"
        )
    }
    mine = [member.workspace for member in members.values()]
    workspaces = sorted(
        Workspace.objects.all() if user.is_superuser else mine, key=lambda row: (row.name, row.pk)
    )
    chosen = request.session.get(CHOSEN)
    workspace = next((row for row in workspaces if str(row.uuid) == chosen), None)
    if workspace is None:
        workspace = min(mine or workspaces, key=lambda row: row.pk, default=None)
    member = members.get(workspace.pk) if workspace else None
    return Visitor(user, tuple(workspaces), workspace, member, request_id(request))


@require_POST
def choose_workspace(request: HttpRequest) -> HttpResponse:
    """Work in another workspace from now on; 404 for one that is not the visitor's."""
    try:
        wanted = UUID(request.POST.get("workspace", ""))
    except ValueError:
        raise Http404 from None
    chosen = next((row for row in get_visitor(request).workspaces if row.uuid == wanted), None)
    if chosen is None:
        raise Http404
    request.session[CHOSEN] = str(chosen.uuid)
    messages.success(request, f"You are now in {chosen.name}.")
    return redirect("admin:index")
