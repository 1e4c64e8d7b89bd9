"""What the core refuses, as agents read it: a message that alone says what to do next, for clients
drop the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from records.exceptions import (
    Archived,
    Conflict,
    ExternalConfig,
    ExternalError,
    Gone,
    IdempotencyMismatch,
    InvalidInput,
    InvalidValues,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    PreconditionFailed,
    Problem,
    RecordsError,
    TooLarge,
    TooMany,
    Unavailable,
    did_you_mean,
)

MAX_MESSAGE = 2000
CODES: dict[type, str] = {
    RecordsError: "VALIDATION_ERROR",
    NotAuthenticated: "UNAUTHORIZED",
    NotAllowed: "FORBIDDEN",
    NotFound: "NOT_FOUND",
    Gone: "CURSOR_EXPIRED",
    Conflict: "CONFLICT",
    PreconditionFailed: "CONFLICT",
    IdempotencyMismatch: "CONFLICT",
    TooLarge: "PAYLOAD_TOO_LARGE",
    TooMany: "RATE_LIMITED",
    Unavailable: "RATE_LIMITED",
    ExternalConfig: "EXTERNAL_CONFIG",
    ExternalError: "EXTERNAL_ERROR",
}
TOLD = ("version", "status", "outcome", "retry_after", "fields")


def refusal(error: RecordsError) -> dict[str, Any]:
    """The content of a refused call."""
    code = next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)
    details: dict[str, Any] = {"reason": error.code}
    details.update((name, getattr(error, name)) for name in TOLD if hasattr(error, name))
    message = error.detail if len(error.detail) <= MAX_MESSAGE else f"{error.detail[:MAX_MESSAGE]}…"
    message += _next_step(error)
    return {"error": {"code": code, "message": message, "details": details}}


def _next_step(error: RecordsError) -> str:
    """What to do about an error that does not say it in words of the tools."""
    if isinstance(error, Archived):
        return " unarchive_record does that."
    if isinstance(error, Conflict) and "is cancelled" in error.detail:
        return " get reads it; upsert another record for what is new."
    return ""


def refused_data(
    error: InvalidValues, names: Sequence[str], record_type: str, known: Sequence[str]
) -> InvalidInput:
    """What is wrong with the properties of `data`, each by its name; `names` are they, in the order
    sent, and `known` those that there are."""
    said = [problem.message for problem in error.general]
    for entry in error.entries:
        name = entry.field_name if entry.position is None else names[entry.position]
        said += [
            f"data.{name}: {problem.message}{_way_out(problem, name, known)}"
            for problem in entry.problems
        ]
    message = " ".join(said)
    if error.code == "unique":
        message += (
            " query_records finds the record that has it: patch that one, or send another value."
        )
    unknown = any(problem.part == "name" for entry in error.entries for problem in entry.problems)
    if unknown:
        message += f" list_record_types with record_type {record_type!r} lists its properties."
    return InvalidInput(message, error.code)


def _way_out(problem: Problem, name: str, known: Sequence[str]) -> str:
    """What to do about a problem that does not say it."""
    if problem.part == "name" and name.partition(".")[0] in known:
        return " Fields of linked records are written to these records, by their own record_id."
    if problem.part == "name":
        return did_you_mean(name, known)
    if problem.code == "read_only":
        return " Omit it, or send it as it was read."
    return ""
