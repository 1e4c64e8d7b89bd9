"""Unsafe calls that may be repeated: one that carries an Idempotency-Key is carried out once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse

from records.exceptions import InvalidInput
from records.http import read_bytes
from records.services.access import Author
from records.services.writing import Answer, run_once

Work = Callable[[], HttpResponse]
KEY = re.compile(r"[\x21-\x7e]{1,255}")


def check_key(request: HttpRequest) -> str | None:
    """The key that the call carries; InvalidInput for one in another form."""
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not KEY.fullmatch(key):
        raise InvalidInput("expected 1 to 255 visible ASCII characters.", at="Idempotency-Key")
    return key


def answer_once(
    author: Author, request: HttpRequest, work: Work, plan: str | None = None
) -> HttpResponse:
    """The answer of `work`, or the one that an earlier call got with the same key; or, with a plan,
    that of the call that has carried the plan out, whatever its key."""
    for key in (plan, check_key(request)):
        if key is not None:
            work = partial(_answer_under, author, request, key, work)
    return work()


def _answer_under(author: Author, request: HttpRequest, key: str, work: Work) -> HttpResponse:
    def work_and_describe() -> Answer:
        response = work()
        return Answer(response.status_code, dict(response.headers), response.content)

    answer, replayed = run_once(author, key, _fingerprint(request), work_and_describe)
    headers = {**answer.headers, "Idempotent-Replayed": "true"} if replayed else answer.headers
    response = HttpResponse(answer.body, status=answer.status, headers=headers)
    if "Content-Type" not in headers:  # Django adds its own
        del response.headers["Content-Type"]
    return response


def _fingerprint(request: HttpRequest) -> str:
    """What was asked: another method, path, query or body is another call."""
    asked = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(asked + read_bytes(request)).hexdigest()
