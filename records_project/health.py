"""`/healthz` and `/readyz`: whether this process is alive, and whether it can serve."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

logger = logging.getLogger(__name__)

FAULTS = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE)


class NotReady(Exception):
    """Why this process cannot serve, for anybody to read."""


class HealthMiddleware:
    """Answers probes before anything else looks at a request.

    Probes come by address and over plain HTTP, so neither the Host header nor HTTPS_ONLY may
    matter; and a process that is alive says so without a database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        # Migrations only grow, so that they agree is asked once in the life of a process.
        self.migrated = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, without a line of Django's for a fault that is in the log by now."""
        response = self.respond(request)
        if response.status_code in FAULTS:
            response._has_been_logged = True  # type: ignore[attr-defined]
        return response

    def respond(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a probe; pass everything else on."""
        if request.path_info not in ("/healthz", "/readyz"):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return answer(HTTPStatus.METHOD_NOT_ALLOWED, "Use GET.", Allow="GET, HEAD")
        return answer(HTTPStatus.OK, "ok") if request.path_info == "/healthz" else self.ready()

    def ready(self) -> HttpResponse:
        """Answer whether the database can be reached and has the tables of this version."""
        try:
            check_database()
            if not self.migrated:
                check_migrations()
                self.migrated = True
        except NotReady as reason:
            return answer(HTTPStatus.SERVICE_UNAVAILABLE, str(reason))
        return answer(HTTPStatus.OK, "ok")


def check_database() -> None:
    """Run a statement; a connection that died since the last request says nothing of the database,
    so it is remade."""
    opened = connection.connection is not None
    try:
        ask()
    except Error as error:
        connection.close()
        if not opened:
            raise away(error) from error
        try:
            ask()
        except Error as again:
            connection.close()
            raise away(again) from again


def ask() -> None:
    """Run the cheapest statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def away(error: Error) -> NotReady:
    """Log what the database said; whoever probes learns only that it does not answer."""
    logger.warning("/readyz: the database does not answer: %s", str(error).partition("\n")[0])
    return NotReady("The database does not answer.")


def check_migrations() -> None:
    """Compare the applied migrations with those of the code."""
    try:
        missing = newest() - MigrationRecorder(connection).applied_migrations().keys()
    except Error as error:
        raise away(error) from error
    if missing:
        raise NotReady("The database is not migrated: run `manage.py migrate`.")


@lru_cache(maxsize=1)
def newest() -> frozenset[tuple[str, str]]:
    """Return the last migration of each app; that it is applied means that those before it are."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def answer(status: HTTPStatus, text: str, **headers: str) -> HttpResponse:
    """Build an answer that nothing on the way may keep."""
    return HttpResponse(
        text,
        status=status,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **headers},
    )
