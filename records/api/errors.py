"""What the core refuses, as responses: the one place where its exceptions become status codes."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from records.exceptions import (
    Conflict,
    ExternalConfig,
    ExternalError,
    Gone,
    IdempotencyMismatch,
    InFlight,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    PreconditionFailed,
    RecordsError,
    StorageFull,
    TooLarge,
    TooMany,
    TooSlow,
    Unavailable,
)
from records.http import rate_headers

from .answers import json_answer
from .etags import etag


class MethodNotAllowed(RecordsError):
    """The path exists, but not for this method; `allowed` are those it takes."""

    code = "method_not_allowed"

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = ", ".join(sorted(method.upper() for method in allowed))
        super().__init__(f"Method not allowed; allowed: {self.allowed}.")


class UnsupportedMediaType(RecordsError):
    """The body is something else than JSON."""

    code = "unsupported_media_type"


STATUSES: dict[type, HTTPStatus] = {
    RecordsError: HTTPStatus.BAD_REQUEST,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    Gone: HTTPStatus.GONE,
    Conflict: HTTPStatus.CONFLICT,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    IdempotencyMismatch: HTTPStatus.UNPROCESSABLE_ENTITY,
    ExternalConfig: HTTPStatus.UNPROCESSABLE_ENTITY,
    # Not 502 or 504: those are for what stands before us to say, and some of it repeats requests
    # that got them.
    ExternalError: HTTPStatus.FAILED_DEPENDENCY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
}


def refusal(error: RecordsError) -> HttpResponse:
    """The response to a request that met one problem."""
    return problem(status_of(error), error.detail, error.code, headers_of(error), details_of(error))


def problem(
    status: int,
    detail: str,
    code: str,
    headers: dict[str, str] | None = None,
    details: dict[str, Any] | None = None,
) -> HttpResponse:
    """One problem, in the form all APIs share."""
    return json_answer({"detail": detail, "code": code, **(details or {})}, status, headers)


def details_of(error: RecordsError) -> dict[str, Any]:
    """What some refusals say beside their code."""
    if isinstance(error, ExternalError):
        return {"upstream_status": error.status, "outcome": error.outcome}
    return {}


def status_of(error: RecordsError) -> int:
    """The status code that says what kind of refusal this is."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def headers_of(error: RecordsError) -> dict[str, str]:
    """What HTTP wants said beside some refusals."""
    match error:
        case MethodNotAllowed():
            return {"Allow": error.allowed}
        case PreconditionFailed():
            return {"ETag": etag(error.version)}
        case NotAuthenticated():
            return {"WWW-Authenticate": 'ApiKey realm="records"'}
        case ExternalError() if error.retry_after is not None:
            return {"Retry-After": str(error.retry_after)}
        case TooMany():
            return {"Retry-After": str(error.retry_after), **rate_headers(error.standing)}
        case InFlight():
            return {"Retry-After": str(error.retry_after)}
        case Unavailable():
            return {"Retry-After": str(error.retry_after)}
    return {}


@csrf_exempt  # there is nothing to protect, and the check answers in HTML
def not_found(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """The answer at a path that leads nowhere: the same as for a thing that is not there."""
    return refusal(NotFound())
