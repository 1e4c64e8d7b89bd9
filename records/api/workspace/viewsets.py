"""What the endpoints of the Workspace API have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse

from records.api.dry_runs import WORKSPACE_FORM
from records.api.viewsets import ApiViewSet
from records.exceptions import ObjectGone, RecordsError
from records.services.access import Author
from records.services.reading import type_archived

from .authentication import BearerAuthentication
from .errors import refusal


class WorkspaceViewSet(ApiViewSet):
    """Endpoints below a workspace's UUID. `slugs` are those of the values that the request sent."""

    authentication_classes = [BearerAuthentication]
    slugs: tuple[str, ...] = ()
    dry_runs = WORKSPACE_FORM

    _bearer: ClassVar[BearerAuthentication] = BearerAuthentication()

    def authenticate(self, request: HttpRequest, kwargs: dict[str, Any]) -> Author:
        return self._bearer.authenticate_in(request, kwargs.pop("workspace_uuid"))

    def refuse(self, error: RecordsError) -> HttpResponse:
        # Admins may know of archived types, whose records they read.
        if isinstance(error, ObjectGone) and self.author.may_define:
            error = type_archived()
        return refusal(error, self.slugs)
