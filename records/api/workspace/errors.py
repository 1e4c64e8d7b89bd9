"""Refusals as callers of the Workspace API read them: one error, with its code, its words and its
details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from records.api.answers import json_answer
from records.api.errors import headers_of, status_of
from records.exceptions import (
    Conflict,
    ExternalError,
    InvalidInput,
    InvalidValues,
    NotAuthenticated,
    NotFound,
    Place,
    PreconditionFailed,
    RecordsError,
    SeveralProblems,
)

MAX_MESSAGE = 500
WORDS = {"external_id": "externalId", "member_id": "memberId"}
GENERAL = "nonFieldErrors"  # no slug has capitals


def refusal(error: RecordsError, slugs: Sequence[str] = ()) -> HttpResponse:
    """The response to a refused request; `slugs` are those it sent, in its order."""
    headers = headers_of(error)
    if isinstance(error, NotAuthenticated):
        headers = {"WWW-Authenticate": 'Bearer realm="records"'}
    return problem(
        status_of(error), _told(error, slugs), error.code, headers, details_of(error, slugs)
    )


def problem(
    status: int,
    message: str,
    code: str,
    headers: dict[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
) -> HttpResponse:
    content = {"code": code, "message": message[:MAX_MESSAGE], "details": details or {}}
    return json_answer({"error": content}, status, headers)


def error_json(error: RecordsError, slugs: Sequence[str] = ()) -> dict[str, Any]:
    """A refusal of a part of a request."""
    return {
        "code": error.code,
        "message": _told(error, slugs)[:MAX_MESSAGE],
        "details": details_of(error, slugs),
    }


def _told(error: RecordsError, slugs: Sequence[str]) -> str:
    """All that is wrong in one text, values by their slug."""
    if not isinstance(error, InvalidValues):
        return error.detail
    said = [
        message if slug == GENERAL else f"{slug}: {message}"
        for slug, messages in details_of(error, slugs).items()
        for message in messages
    ]
    return " ".join(said) or error.detail


def details_of(error: RecordsError, slugs: Sequence[str] = ()) -> dict[str, Any]:
    """Of values that are wrong, all messages by slug; of a lost update, the version there is."""
    if isinstance(error, PreconditionFailed):
        return {"version": error.version}
    if isinstance(error, ExternalError):
        return {"upstreamStatus": error.status, "outcome": error.outcome}
    if isinstance(error, Conflict):
        return {_conflict_at(place): [said] for place, said in error.places.items()}
    if not isinstance(error, InvalidValues):
        return _by_place(error)
    details: dict[str, list[str]] = {}
    for entry in error.entries:
        slug = entry.field_name
        if not slug and entry.position is not None and entry.position < len(slugs):
            slug = slugs[entry.position]
        details.setdefault(slug or GENERAL, []).extend(
            problem.message for problem in entry.problems
        )
    if error.general:
        details.setdefault(GENERAL, []).extend(problem.message for problem in error.general)
    return details


def _conflict_at(place: Place) -> str:
    # The last part is a key of this API; what leads to it may be the caller's own slug.
    *around, last = map(str, place)
    return ".".join((*around, WORDS.get(last, last)))


def _by_place(error: RecordsError) -> dict[str, list[str]]:
    """Of problems with a request, all messages by their places; of values by their slugs alone."""
    if not isinstance(error, InvalidInput):
        return {}
    details: dict[str, list[str]] = {}
    several = error.problems if isinstance(error, SeveralProblems) else []
    for problem in several or [error]:
        path = problem.path[1:] if problem.path[:1] == ("fieldValues",) else problem.path
        if path or several:
            place = ".".join(map(str, path))
            details.setdefault(place or GENERAL, []).append(problem.reason)
    return details


@csrf_exempt  # there is nothing to protect, and the check answers in HTML
def not_found(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """The answer at a path that leads nowhere: the same as for a thing that is not there."""
    return refusal(NotFound())
