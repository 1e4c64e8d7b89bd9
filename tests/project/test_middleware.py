"""API requests go the short way, pages and browser sessions the long one, and both are guarded."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.test import Client
from django.urls import path
from pytest_django import Settings

KEY = {"X-API-KEY": "a key"}
NOTHING = "default-src 'none'; frame-ancestors 'none'"


def show(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {"long_way": hasattr(request, "user"), "size": request.headers.get("Content-Length")}
    )


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse([b"one", b"two"])


def forbid(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


urlpatterns = [
    path("api/show", show),
    path("api/docs/show", show),
    path("show", show),
    path("api/stream", stream),
    path("api/fail", fail),
    path("fail", fail),
    path("api/forbid", forbid),
    path("forbid", forbid),
]
handler400 = "records_project.errors.bad_request"
handler403 = "records_project.errors.permission_denied"
handler404 = "records_project.errors.not_found"
handler500 = "records_project.errors.server_error"

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "headers", "has_session", "long_way"),
    [
        ("/api/show", KEY, False, False),
        ("/api/show", KEY, True, False),
        ("/api/show", {}, False, False),
        ("/api/show", {}, True, True),
        ("/api/docs/show", KEY, False, True),
        ("/show", KEY, False, True),
    ],
)
def test_only_a_page_or_a_session_without_a_key_takes_the_long_way(
    visitor: Client, address: str, headers: dict[str, str], has_session: bool, long_way: bool
) -> None:
    if has_session:
        visitor.cookies[settings.SESSION_COOKIE_NAME] = "a session"

    response = visitor.get(address, headers=headers)

    assert response.json()["long_way"] is long_way
    assert (response.headers["Content-Security-Policy"] == NOTHING) is not long_way
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Length"] == str(len(response.content))


def test_a_streamed_answer_has_no_length(visitor: Client) -> None:
    response = visitor.get("/api/stream", headers=KEY)

    assert b"".join(response) == b"onetwo"
    assert "Content-Length" not in response.headers


@pytest.mark.parametrize("address", ["/api/show", "/api/missing"])
def test_a_host_that_is_not_ours_is_refused(visitor: Client, address: str) -> None:
    response = visitor.get(address, headers={**KEY, "Host": "elsewhere.example.com"})

    assert response.status_code == 400
    assert response.json() == {"detail": "The request is malformed.", "code": "invalid"}


def test_https_is_required_of_the_api_too(visitor: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 60

    assert visitor.get("/api/show", headers=KEY).headers["Location"].startswith("https://")
    assert "Strict-Transport-Security" in visitor.get("/api/show", headers=KEY, secure=True).headers


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/api/missing", 404, "not_found"),
        ("/api/forbid", 403, "permission_required"),
        ("/api/fail", 500, "server_error"),
    ],
)
def test_the_api_answers_what_fails_outside_a_view_in_json(
    visitor: Client, address: str, status: int, code: str
) -> None:
    response = visitor.get(address, headers=KEY)

    assert response.status_code == status
    assert response.json()["code"] == code


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("/missing", "testserver", 404),
        ("/forbid", "testserver", 403),
        ("/fail", "testserver", 500),
        ("/show", "elsewhere.example.com", 400),
    ],
)
def test_pages_answer_what_fails_in_html(
    visitor: Client, address: str, host: str, status: int
) -> None:
    response = visitor.get(address, headers={"Host": host})

    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")


def function_style(get_response: Callable[[HttpRequest], HttpResponseBase]) -> object:
    def answer(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    return answer


def test_a_middleware_that_would_break_the_short_way_is_refused(settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.function_style"]

    with pytest.raises(ImproperlyConfigured, match="function_style"):
        Client().get("/api/show")
