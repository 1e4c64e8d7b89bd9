"""Unsafe calls that may be repeated: one that carries an Idempotency-Key is carried out once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse

from records.exceptions import Conflict, InvalidInput
from records.http import read_bytes
from records.services.access import Author
from records.services.database import Unreadable, seal, unseal
from records.services.writing import Answer, run_once

Work = Callable[[], HttpResponse]
SECRET = "holds_secret"  # noqa: S105 - an attribute
SEALED = "X-Sealed"  # beside what is kept, and never sent
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
        headers = dict(response.headers)
        if getattr(response, SECRET, False):
            sealed = seal(response.content.decode()).encode()
            return Answer(response.status_code, {**headers, SEALED: "true"}, sealed)
        return Answer(response.status_code, headers, response.content)

    answer, replayed = run_once(author, key, _fingerprint(request), work_and_describe)
    is_secret, answer = SEALED in answer.headers, _opened(answer)
    headers = {**answer.headers, "Idempotent-Replayed": "true"} if replayed else answer.headers
    response = HttpResponse(answer.body, status=answer.status, headers=headers)
    if "Content-Type" not in headers:  # Django adds its own
        del response.headers["Content-Type"]
    return with_secret(response) if is_secret else response


def with_secret(response: HttpResponse) -> HttpResponse:
    """A response that shows a secret: what is kept of it to be given again is sealed."""
    setattr(response, SECRET, True)
    return response


def _opened(answer: Answer) -> Answer:
    if SEALED not in answer.headers:
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != SEALED}
    try:
        body = unseal(answer.body.decode()).encode()
    except Unreadable:
        raise Conflict("The answer was sealed with a key that this server has no more.") from None
    return Answer(answer.status, headers, body)


def _fingerprint(request: HttpRequest) -> str:
    """What was asked: another method, path, query or body is another call."""
    asked = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(asked + read_bytes(request)).hexdigest()
