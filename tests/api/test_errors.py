"""How refusals of the core become responses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO, cast

import pytest
from django.db import connection
from django.test import RequestFactory

from records.api.errors import refusal
from records.exceptions import (
    Conflict,
    InvalidInput,
    InvalidValues,
    NotFound,
    PreconditionFailed,
    RecordsError,
    Standing,
    TooMany,
    Unavailable,
)
from records.http import read_bytes
from tests.api_client import ApiClient


@pytest.mark.parametrize(
    ("error", "status", "code", "headers"),
    [
        (RecordsError("No."), 400, "invalid", {}),
        (InvalidInput("No.", "required"), 400, "required", {}),
        (InvalidValues([]), 400, "invalid", {}),
        (NotFound(), 404, "not_found", {}),
        (Conflict("Again."), 409, "conflict", {}),
        (PreconditionFailed(7), 412, "precondition_failed", {"ETag": '"7"'}),
        (
            TooMany("Slow down.", Standing(5, 0, 9)),
            429,
            "rate_limited",
            {"Retry-After": "9", "RateLimit-Limit": "5", "RateLimit-Remaining": "0"},
        ),
        (Unavailable("Later."), 503, "unavailable", {"Retry-After": "1"}),
    ],
)
def test_each_refusal_has_its_status(
    error: RecordsError, status: int, code: str, headers: dict[str, str]
) -> None:
    answer: Any = refusal(error)

    assert answer.status_code == status
    assert code in answer.content.decode()
    assert headers.items() <= dict(answer.headers).items()


def test_a_method_that_is_not_allowed_is_told_those_that_are(
    api: ApiClient, companies: str
) -> None:
    answer = api.get(f"{companies}/search")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.json()["detail"] == "Method not allowed; allowed: POST."


class Broken:
    """A connection that ends in the middle of a body."""

    def read(self, *_: int) -> bytes:
        raise OSError("gone")

    def close(self) -> None:
        pass


def test_a_body_that_ends_early_is_the_callers_doing() -> None:
    request = RequestFactory().generic("PATCH", "/", b"x")
    request._stream = cast(BinaryIO, Broken())

    with pytest.raises(InvalidInput) as refused:
        read_bytes(request)
    assert (refused.value.path, refused.value.code) == ((), "invalid")
    assert refused.value.reason == "The body is incomplete."


STOPPED = {
    "postgresql": "SELECT pg_sleep(10)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 99999999) SELECT "
    "count(*) FROM n",
}


@pytest.mark.django_db(transaction=True)
def test_whatever_statement_the_database_stops_the_service_is_unavailable_for_now(
    api: ApiClient, company: str
) -> None:
    def slowly(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if "records_historicalrecord" in sql:
            sql, params = STOPPED[connection.vendor], []
        return execute(sql, params, many, context)

    connection.ensure_connection()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 100")
    else:
        connection.connection.set_progress_handler(lambda: 1, 100_000)
    try:
        with connection.execute_wrapper(slowly):
            answer = api.get(f"{company}/history")
    finally:
        if connection.vendor == "sqlite":  # closing a database in memory does nothing
            connection.connection.set_progress_handler(None, 0)
        connection.close()

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
