"""The short way through the middlewares for requests that carry an API key."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from records.http import REQUEST_ID, note_caller, request_id, standing_headers
from records_project.errors import REPEATABLE

MCP = ("/mcp", "/mcp/")
Answer = Callable[[HttpRequest], HttpResponseBase]


class ApiShortcutMiddleware:
    """Takes API requests past the middlewares after this one, which only the pages of the staff
    need.

    A request to the API without a key but with a session is a page's own (Swagger UI) and goes the
    long way, as the pages themselves do. The short way sets no `request.user` and no
    `request.session`: a cookie sent next to a key counts for nothing.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.answer_at_once = innermost(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and say by which id we know the request, and where the caller stands."""
        response = self.answer(request)
        response.headers[REQUEST_ID] = request_id(request)
        for name, value in standing_headers(request).items():
            response.headers.setdefault(name, value)
        return response

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """Let the view answer, by the way that suits the request."""
        if not takes_the_short_way(request):
            response = self.get_response(request)
            note_user(request)
            return response
        # Refuses a host that is not ours, as CommonMiddleware does on the long way.
        request.get_host()
        response = self.answer_at_once(request)
        headers = response.headers
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        if not response.streaming and "Content-Length" not in headers:
            headers["Content-Length"] = str(len(response.content))  # type: ignore[attr-defined]
        return response


class RepeatMiddleware:
    """Asks once more for a page whose database connection had died; the next one is new.

    The APIs repeat their own reads (records/api/viewsets.py).
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        response = self.get_response(request)
        return self.get_response(request) if getattr(response, REPEATABLE, False) else response


def takes_the_short_way(request: HttpRequest) -> bool:
    """Tell whether this is a request to an API (their documentation is pages) that no session
    answers for."""
    path = request.path_info
    if path in MCP:
        return True
    if not path.startswith("/api/") or path.startswith(("/api/docs", "/api/v2/docs")):
        return False
    keyed = "HTTP_X_API_KEY" in request.META or "HTTP_AUTHORIZATION" in request.META
    return keyed or settings.SESSION_COOKIE_NAME not in request.COOKIES


def note_user(request: HttpRequest) -> None:
    """Keep whose page this was, if it looked."""
    session = getattr(request, "session", None)
    if session is not None and session.accessed and (user := session.get(SESSION_KEY)):
        note_caller(request, "user", user)


def innermost(get_response: Any) -> Answer:
    """Return what calls the view, at the end of the chain of middlewares that starts at
    `get_response`.

    Django builds the chain from inside out and tells no middleware where it ends, but every class
    keeps the next one as `get_response`, and Django's wrapper around each carries its attributes.
    """
    while hasattr(get_response, "get_response"):
        get_response = get_response.get_response
    called = getattr(get_response, "__wrapped__", None)
    if getattr(called, "__name__", "") != "_get_response":
        raise ImproperlyConfigured(
            f"{called or get_response!r} follows ApiShortcutMiddleware but has no `get_response`: "
            "put it before, or write it as a class that keeps it."
        )
    answer: Answer = get_response
    return answer
