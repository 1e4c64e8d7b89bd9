"""The WSGI application as `manage.py serve` runs it: nobody waits for a slow client but the thread
that serves it."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import close_old_connections

from records.http import TOO_SLOW

from .bodies import SMALL, CountedBody, declared_length
from .callers import Callers
from .seats import Seats

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Start = Callable[..., Any]

ALIVE = "/healthz"
# How long a refusal is held back from a client that may send its next request at once, whatever it
# is told; at most so many at a time.
HELD_BACK_SECONDS = 1.0
MOST_HELD_BACK = 256


class Application:
    """Calls Django's handler in a seat; before that, reads a small body, and after that, lets the
    client take its time with the response."""

    def __init__(self, handler: Callable[..., Any], seats: Seats) -> None:
        self.handler = handler
        self.seats = seats
        self.callers = Callers()
        self.held_back = threading.BoundedSemaphore(MOST_HELD_BACK)

    def __call__(self, environ: Environ, start_response: Start) -> Any:
        length = declared_length(environ)
        if length == 0:
            return self.respond(environ, start_response)
        body = CountedBody(
            environ["wsgi.input"], length, nullcontext, partial(self.note_slowness, environ)
        )
        if length is not None and length <= SMALL:
            environ["wsgi.input"] = io.BytesIO(body.read())
            whole = body.left == 0
            return self.respond(
                environ, start_response if whole else partial(start_closing, start_response)
            )
        # A larger one is read by whoever knows the caller by then.
        environ["wsgi.input"] = body
        if environ["PATH_INFO"] != ALIVE:
            body.waiting = partial(self.seats.left, environ["REMOTE_ADDR"])
        return self.respond(environ, partial(start_drained, body, start_response))

    def note_slowness(self, environ: Environ, began: float) -> None:
        """Note in a request that its body ends where it is because the client took too long.

        Chunks that were cut off look like all chunks, so this must not be missed; and a client that
        is told so for the sake of another one at its address only sends its request again.
        """
        if self.seats.was_ended(environ["REMOTE_ADDR"], began):
            environ[TOO_SLOW] = True

    def respond(self, environ: Environ, start_response: Start) -> Any:
        """Answer. A response in memory goes to the server at once, so that the thread is free."""
        # It needs no database, and must be answered when all seats are taken.
        if environ["PATH_INFO"] == ALIVE:
            response = self.handler(environ, start_response)
            response.close()
            return in_memory(response)
        response = self.respond_in_seat(environ, start_response)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            self.hold_back()
        return response if response.streaming else in_memory(response)

    def respond_in_seat(self, environ: Environ, start_response: Start) -> Any:
        """Call the handler as soon as there is a seat."""
        self.seats.take(environ["REMOTE_ADDR"], self.callers.of(environ))
        try:
            response = self.handler(environ, start_response)
            self.callers.learn(environ)
            if response.streaming:
                close_old_connections()  # as the end of the response would; that may be far away
            else:
                response.close()
            return response
        finally:
            self.seats.leave()

    def hold_back(self) -> None:
        """Keep the answer to a request beyond a limit for a moment, in which its client waits and
        others work; the seat is free by then."""
        if self.held_back.acquire(blocking=False):
            try:
                time.sleep(HELD_BACK_SECONDS)
            finally:
                self.held_back.release()


def in_memory(response: Any) -> Iterable[bytes]:
    """Return the content of a response that was closed."""
    return [response.content]


def start_drained(
    body: CountedBody, start_response: Start, status: str, headers: Headers, *more: Any
) -> Any:
    """Start a response when the body has been read, or say that the connection closes.

    A server closes a connection whose body nobody has read, without a word. A client that keeps it
    for its next request then gets no answer to that, and cannot know whether it was carried out.
    """
    start = (
        start_response
        if body.drain(settings.RECORDS_MAX_BODY)
        else partial(start_closing, start_response)
    )
    return start(status, headers, *more)


def start_closing(start_response: Start, status: str, headers: Headers, *more: Any) -> Any:
    """Start a response after which the connection closes."""
    return start_response(status, [*headers, ("Connection", "close")], *more)
