"""Answers to what fails before or outside a view: JSON under /api and /mcp, pages elsewhere."""

import sys
from http import HTTPStatus

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults

from records.api.errors import headers_of, problem, status_of
from records.api.workspace.errors import problem as workspace_problem
from records.exceptions import RecordsError, TooMany
from records.http import REQUEST_ID, request_id
from records.mcp.views import refusal as mcp_refusal
from records.services.database import is_repeatable, refusal_of

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# of a response: its request changes nothing and only met a connection that had died
REPEATABLE = "is_repeatable"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a request that Django itself refuses: an unknown host, too many parameters."""
    if refused := unavailable(request, hidden_by(exception)):
        return refused
    if is_api(request):
        return answer(request, HTTPStatus.BAD_REQUEST, "The request is malformed.", "invalid")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a request that is not allowed."""
    if is_api(request):
        return answer(request, HTTPStatus.FORBIDDEN, "This is not allowed.", "permission_required")
    return page(
        request,
        HTTPStatus.FORBIDDEN,
        "This is not for you",
        str(exception) or "Your role does not allow it.",
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a path that leads nowhere."""
    if is_api(request):
        return answer(request, HTTPStatus.NOT_FOUND, "Not found.", "not_found")
    said = "There is nothing here, or nothing that you may see."
    return page(request, HTTPStatus.NOT_FOUND, "Not found", said)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer after a fault of the database or the disk, or of ours."""
    if refused := unavailable(request, sys.exc_info()[1]):
        return refused
    if is_api(request):
        return answer(
            request,
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "Something failed on our side.",
            "server_error",
        )
    return defaults.server_error(request)


def hidden_by(error: BaseException | None) -> BaseException | None:
    """Return why a session could not be saved: Django takes any error for a session that has
    ended."""
    while isinstance(error, (SessionInterrupted, UpdateError)):
        error = error.__context__
    return error


def unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponseBase | None:
    """Build the answer to a fault of the database or the disk; nothing for any other error."""
    reading = request.method in SAFE_METHODS
    repeatable = reading and is_repeatable(error)
    refusal = refusal_of(error, changing=not reading)
    if refusal is None:
        return None
    response = answer_refused(request, refusal, "Not available just now")
    setattr(response, REPEATABLE, repeatable)
    # Django would log the error with what the driver says, which may name hosts and roles; it is
    # logged by now.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def too_many(request: HttpRequest, refusal: TooMany) -> HttpResponseBase:
    """Build the answer to a request beyond a limit."""
    if request.path_info.startswith("/mcp"):
        response = mcp_refusal(refusal)
        response.headers[REQUEST_ID] = request_id(request)
        return response
    return answer_refused(request, refusal, "Too many requests")


def answer_refused(request: HttpRequest, refusal: RecordsError, title: str) -> HttpResponseBase:
    """Build an answer that needs no database, in the form of whoever asks."""
    status, headers = status_of(refusal), headers_of(refusal)
    if is_api(request):
        tell = workspace_problem if request.path_info.startswith("/api/v2/") else problem
        return tell(
            status, refusal.detail, refusal.code, {REQUEST_ID: request_id(request), **headers}
        )
    shown = {
        "title": title,
        "said": refusal.detail,
        "home": request.get_full_path(),
    }
    content = render_to_string("problem.html", shown)
    return HttpResponse(content, status=status, headers={"Cache-Control": "no-store", **headers})


def page(request: HttpRequest, status: HTTPStatus, title: str, said: str) -> HttpResponseBase:
    """Build a page for people, with a way back."""
    return render(
        request, "problem.html", {"title": title, "said": said, "home": "/admin/"}, status=status
    )


def is_api(request: HttpRequest) -> bool:
    """Tell whether a program asks."""
    return request.path_info.startswith(("/api/", "/mcp"))


def answer(request: HttpRequest, status: HTTPStatus, detail: str, code: str) -> HttpResponseBase:
    """Build the answer in the form of the API that was asked."""
    tell = workspace_problem if request.path_info.startswith("/api/v2/") else problem
    return tell(status, detail, code, {REQUEST_ID: request_id(request)})
