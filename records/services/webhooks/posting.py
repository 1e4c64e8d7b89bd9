"""Sending a message, and what came of it. No database here: senders are threads that may hang."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from records.services.external import Failed, Request, send

from .signing import signed_headers
from .urls import split_url, target_of

SECONDS = 15.0  # for a whole exchange
AGENT = "Records-Webhooks/1"
REDIRECTS = range(300, 400)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that is ready to be signed and sent."""

    url: str
    message_id: str
    body: bytes
    secrets: Sequence[str]
    for_workspace: bool

    def __repr__(self) -> str:
        return f"Letter({self.message_id})"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a message. `problem` is empty where it was taken; `silent`: there was no answer
    at all."""

    status: int | None
    milliseconds: int
    problem: str = ""
    retry_after: str = ""
    silent: bool = False


def post(letter: Letter) -> Sent:
    """Sign and send a message; whatever happens is an outcome."""
    begun = time.monotonic()
    status, problem, retry_after = _exchanged(letter)
    milliseconds = int((time.monotonic() - begun) * 1000)
    if status is not None and 200 <= status < 300:
        return Sent(status, milliseconds)
    if status in REDIRECTS:
        problem = f"It answered {status}: redirects are not followed."
    elif status is not None:
        problem = f"It answered {status}."
    return Sent(status, milliseconds, problem, retry_after, silent=status is None)


def _exchanged(letter: Letter) -> tuple[int | None, str, str]:
    parts, host, port = split_url(letter.url)
    headers = {
        "Host": parts.netloc,
        "User-Agent": AGENT,
        "Content-Type": "application/json",
        "Accept-Encoding": "gzip",
        **signed_headers(
            letter.message_id, letter.body, letter.secrets, for_workspace=letter.for_workspace
        ),
    }
    request = Request(
        "POST", parts.scheme, host, port, target_of(parts), headers, letter.body, SECONDS
    )
    try:
        answer = send(request)
    except Failed as failed:
        return failed.status, f"It {failed.why}.", ""
    return answer.status, "", answer.retry_after
