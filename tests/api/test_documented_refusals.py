"""Every operation documents the refusals that it can answer, in the form in which they are
answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection

from tests.factories import Caller

from .documented import DocumentedApi, document_of

ALWAYS = {"400", "401", "403", "429", "503", "507"}


@pytest.fixture(params=["records", "workspace"])
def api_of(request: pytest.FixtureRequest, workspace: Caller) -> DocumentedApi:
    return document_of(workspace, request.param)


@pytest.fixture
def failing(request: pytest.FixtureRequest) -> Iterator[None]:
    """A database that answers each statement with this error code of SQLite."""
    cause = sqlite3.OperationalError("made to fail")
    cause.sqlite_errorcode = request.param  # the code decides, on both engines

    def fail(*_: Any) -> Any:
        raise OperationalError("made to fail") from cause

    with connection.execute_wrapper(fail):
        yield


def test_every_operation_lists_what_any_can_answer(api_of: DocumentedApi) -> None:
    missing = {
        operation["operationId"]: absent
        for _, path, operation in api_of.keyed()
        if (
            absent := (ALWAYS | ({"404"} if "{" in path else set())) - operation["responses"].keys()
        )
    }

    assert missing == {}


def test_waiting_times_are_documented_once(api_of: DocumentedApi) -> None:
    headers = api_of.document["components"]["headers"]
    for _, _, operation in api_of.operations():
        for status in ("429", "503", "507"):
            assert operation["responses"][status]["$ref"].startswith("#/components/responses/")
            response = api_of.resolved(operation["responses"][status])
            assert response["headers"]["Retry-After"] == {"$ref": "#/components/headers/RetryAfter"}
    assert headers["RetryAfter"]["schema"] == {"type": "integer", "minimum": 1}


def test_the_two_meanings_of_503_are_told_apart(api_of: DocumentedApi) -> None:
    description = api_of.document["components"]["responses"]["ServiceUnavailable"]["description"]

    assert "`unavailable`" in description
    assert "`outcome_unknown`" in description


def test_calls_that_send_a_body_list_the_bodies_that_are_refused(api_of: DocumentedApi) -> None:
    for method, path, operation in api_of.operations():
        if "requestBody" in operation:
            assert {"413", "415"} <= operation["responses"].keys(), (method, path)


def test_calls_that_honour_an_idempotency_key_list_its_refusals(api_of: DocumentedApi) -> None:
    for method, path, operation in api_of.operations():
        malformed = api_of.call(method, path, HTTP_IDEMPOTENCY_KEY="with spaces")
        honoured = b"Idempotency-Key: expected 1 to 255" in malformed.content
        assert honoured == ("409" in operation["responses"]), (method, path)
        assert not honoured or "422" in operation["responses"], (method, path)


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (401, {"headers": {}}),
        (None, {}),
        (None, {"content_type": "text/plain", "content": b"x"}),
        (None, {"content": b"["}),
    ],
    ids=["no key", "nothing there", "no JSON", "broken JSON"],
)
def test_refusals_are_answered_as_documented(
    api_of: DocumentedApi, status: int | None, sent: dict[str, Any]
) -> None:
    wrong = []
    for method, path, operation in api_of.keyed():
        answer = api_of.call(method, path, **sent)
        assert status is None or answer.status_code == status, (path, answer.content)
        if answer.status_code >= 400:
            wrong.append(api_of.undocumented(operation, answer))

    assert [said for said in wrong if said] == []


def test_bodies_that_are_too_large_are_refused_as_documented(
    api_of: DocumentedApi, settings: Any
) -> None:
    settings.RECORDS_MAX_BODY = 3
    met = set()
    for method, path, operation in api_of.operations():
        answer = api_of.call(method, path, b'{"a": 1}')
        met.add(answer.status_code)
        if answer.status_code >= 400:
            assert api_of.undocumented(operation, answer) == ""

    assert 413 in met


@pytest.mark.parametrize(
    ("failing", "status"),
    [(sqlite3.SQLITE_BUSY, 503), (sqlite3.SQLITE_FULL, 507)],
    ids=["away", "full"],
    indirect=["failing"],
)
def test_every_operation_answers_faults_as_documented(
    api_of: DocumentedApi, failing: None, status: int
) -> None:
    for method, path, operation in api_of.keyed():
        answer = api_of.call(method, path)
        assert answer.status_code == status, (method, path)
        assert int(answer.headers["Retry-After"]) > 0
        assert api_of.undocumented(operation, answer) == ""
