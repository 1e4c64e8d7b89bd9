"""Answers to what fails before or outside a view: JSON under /api and /mcp, pages elsewhere."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views import defaults

from records.api.errors import problem
from records.api.workspace.errors import problem as workspace_problem
from records.http import REQUEST_ID, request_id


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a request that Django itself refuses: an unknown host, too many parameters."""
    if is_api(request):
        return answer(request, HTTPStatus.BAD_REQUEST, "The request is malformed.", "invalid")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a request that is not allowed."""
    if is_api(request):
        return answer(request, HTTPStatus.FORBIDDEN, "This is not allowed.", "permission_required")
    return page(request, HTTPStatus.FORBIDDEN, "This is not for you", str(exception) or "Your role does not allow it.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a path that leads nowhere."""
    if is_api(request):
        return answer(request, HTTPStatus.NOT_FOUND, "Not found.", "not_found")
    said = "There is nothing here, or nothing that you may see."
    return page(request, HTTPStatus.NOT_FOUND, "Not found", said)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer after a fault of ours."""
    if is_api(request):
        return answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Something failed on our side.", "server_error")
    return defaults.server_error(request)


def page(request: HttpRequest, status: HTTPStatus, title: str, said: str) -> HttpResponseBase:
    """Build a page for people, with a way back."""
    return render(request, "problem.html", {"title": title, "said": said, "home": "/admin/"}, status=status)


def is_api(request: HttpRequest) -> bool:
    """Tell whether a program asks."""
    return request.path_info.startswith(("/api/", "/mcp"))


def answer(request: HttpRequest, status: HTTPStatus, detail: str, code: str) -> HttpResponseBase:
    """Build the answer in the form of the API that was asked."""
    tell = workspace_problem if request.path_info.startswith("/api/v2/") else problem
    return tell(status, detail, code, {REQUEST_ID: request_id(request)})
