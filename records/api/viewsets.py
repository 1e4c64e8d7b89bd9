"""What every endpoint of every API does before and after its own work."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from rest_framework import viewsets

from records.exceptions import RecordsError
from records.services.access import Author, check_scope

from .authentication import WorkspaceAuthentication
from .errors import MethodNotAllowed, refusal
from .idempotency import answer_once

SAFE_METHODS = ("get", "head")


class ApiViewSet(viewsets.ViewSet):
    """Authenticates the caller once, checks the key's scope, and turns what the core refuses into responses.

    Views get Django's request and answer Django's responses: the framework's content negotiation, parsers,
    renderers, permissions and throttles cost half a millisecond a request and are passed by. `area` is what keys
    are scoped by; `reads` are the actions that change nothing although they are POSTs.
    """

    authentication_classes = [WorkspaceAuthentication]
    area: ClassVar[str]
    reads: ClassVar[frozenset[str]] = frozenset()
    author: Author
    action_map: dict[str, str]

    _authentication = WorkspaceAuthentication()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        method = (request.method or "").lower()
        self.action = self.action_map.get(method, "")
        try:
            if not self.action:
                raise MethodNotAllowed(self.action_map)
            self.author, _ = self._authentication.authenticate(request)
            return self._answer(request, method, kwargs)
        except RecordsError as error:
            return self.refuse(error)

    def _answer(self, request: HttpRequest, method: str, kwargs: dict[str, Any]) -> HttpResponse:
        view = getattr(self, self.action)
        if method in SAFE_METHODS or self.action in self.reads:
            check_scope(self.author, self.area, "read")
            response: HttpResponse = view(request, **kwargs)
            return response
        check_scope(self.author, self.area, "write")
        return answer_once(self.author, request, lambda: view(request, **kwargs))

    def refuse(self, error: RecordsError) -> HttpResponse:
        """The response to a refused request; an API whose writes answer in a form of their own overrides this."""
        return refusal(error)
