"""What the endpoints of the Workspace API have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse

from records.api.viewsets import ApiViewSet
from records.exceptions import RecordsError
from records.services.access import Author, renewed
from records.services.reading import with_self_access

from .authentication import BearerAuthentication
from .errors import refusal


class WorkspaceViewSet(ApiViewSet):
    """Endpoints below a workspace's UUID. `slugs` are those of the values that the request sent."""

    authentication_classes = [BearerAuthentication]
    slugs: tuple[str, ...] = ()

    _bearer: ClassVar[BearerAuthentication] = BearerAuthentication()

    def authenticate(self, request: HttpRequest, kwargs: dict[str, Any]) -> Author:
        return self._bearer.authenticate_in(request, kwargs.pop("workspace_uuid"))

    def refuse(self, error: RecordsError) -> HttpResponse:
        return refusal(error, self.slugs)

    def renew(self) -> None:
        """Definitions changed: go on with what they are now."""
        self.author = with_self_access(renewed(self.author))
