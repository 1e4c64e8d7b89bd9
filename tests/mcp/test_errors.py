"""What the core refuses, in the words of the contract."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from psycopg.errors import QueryCanceled

from records import exceptions
from records.exceptions import RecordsError
from records.mcp.errors import MAX_MESSAGE, refusal
from records.mcp.tools import Tool, tools
from records.mcp.tools.base import BASE_ID

from .calling import Agent

CASES: list[tuple[RecordsError, str, dict[str, Any]]] = [
    (exceptions.InvalidInput("x"), "VALIDATION_ERROR", {"reason": "invalid"}),
    (exceptions.InvalidValues([]), "VALIDATION_ERROR", {"reason": "invalid"}),
    (exceptions.NotAuthenticated("x"), "UNAUTHORIZED", {"reason": "invalid_api_key"}),
    (exceptions.NotAllowed("x"), "FORBIDDEN", {"reason": "permission_required"}),
    (exceptions.NotFound(), "NOT_FOUND", {"reason": "not_found"}),
    (exceptions.Conflict("x"), "CONFLICT", {"reason": "conflict"}),
    (exceptions.PreconditionFailed(3), "CONFLICT", {"reason": "precondition_failed", "version": 3}),
    (exceptions.IdempotencyMismatch("x"), "CONFLICT", {"reason": "idempotency_mismatch"}),
    (exceptions.TooLarge("x"), "PAYLOAD_TOO_LARGE", {"reason": "too_large"}),
    (exceptions.Unavailable("x"), "RATE_LIMITED", {"reason": "unavailable", "retry_after": 1}),
    (exceptions.ExternalConfig("x"), "EXTERNAL_CONFIG", {"reason": "external_config"}),
    (
        exceptions.ExternalError("x", status=502, outcome="unknown", retry_after=5),
        "EXTERNAL_ERROR",
        {"reason": "external_error", "status": 502, "outcome": "unknown", "retry_after": 5},
    ),
]


@pytest.mark.parametrize(
    ("error", "code", "details"), CASES, ids=lambda value: type(value).__name__
)
def test_every_refusal_of_the_core_has_a_code_of_the_contract(
    error: RecordsError, code: str, details: dict[str, Any]
) -> None:
    assert refusal(error) == {"error": {"code": code, "message": error.detail, "details": details}}


def test_a_long_message_is_cut() -> None:
    assert len(refusal(RecordsError("x" * 10_000))["error"]["message"]) == MAX_MESSAGE + 1


def failing(error: Exception) -> Tool:
    """A tool that meets an error which nobody expected."""

    def run(*_: Any) -> dict[str, Any]:
        raise error

    return Tool("failing", "Failing", "Fails.", {"base_id": BASE_ID}, (), run)


def test_an_unexpected_error_tells_nothing(either: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tools._items, "failing", failing(RuntimeError("a secret")))
    answer = either.request("tools/call", {"name": "failing", "arguments": {}})
    assert answer["error"] == {
        "code": -32603,
        "message": "The call failed because of an internal error.",
    }


def test_a_statement_that_took_too_long_may_be_tried_again(
    either: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OperationalError("canceling statement due to statement timeout")
    error.__cause__ = QueryCanceled()
    monkeypatch.setitem(tools._items, "failing", failing(error))
    answer = either.request("tools/call", {"name": "failing", "arguments": {}})
    assert answer["result"]["structuredContent"]["error"]["code"] == "RATE_LIMITED"
