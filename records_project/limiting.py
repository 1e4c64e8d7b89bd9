"""The limits of addresses and of users, which hold for pages and APIs alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from records.exceptions import TooMany
from records.http import client_address, note_standing
from records.services.access import ACCOUNT, ADDRESS, count_request
from records_project.errors import too_many

Answer = Callable[[HttpRequest], HttpResponseBase]


class LimitMiddleware(ABC):
    """Counts a request against one limit, and refuses it when nothing is left. Without the limit it
    is not there."""

    limit: str

    def __init__(self, get_response: Answer) -> None:
        if not getattr(settings, self.limit):
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        # Assets come from a cache or cost next to nothing, and a page without them is unusable.
        if not request.path_info.startswith(settings.STATIC_URL):
            try:
                note_standing(request, count_request(self.limit, self.subject(request)))
            except TooMany as error:
                return too_many(request, error)
        return self.get_response(request)

    @abstractmethod
    def subject(self, request: HttpRequest) -> object:
        """Whom the request is counted for; nothing for nobody."""


class AddressLimitMiddleware(LimitMiddleware):
    """Counts every request that comes from an address, before anything else looks at it."""

    limit = ADDRESS

    def subject(self, request: HttpRequest) -> str:
        """Return the client's address."""
        return client_address(request)


class AccountLimitMiddleware(LimitMiddleware):
    """Counts the requests of a session: pages, and calls of the APIs from them."""

    limit = ACCOUNT

    def subject(self, request: HttpRequest) -> int | None:
        """Return the logged-in user."""
        return request.user.pk
