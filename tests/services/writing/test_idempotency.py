"""Calls under a key: which are carried out, which get the answer again, and which are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection

from records.exceptions import (
    Conflict,
    ExternalError,
    IdempotencyMismatch,
    InFlight,
    InTransaction,
    NotFound,
    OutcomeUnknown,
    RecordsError,
)
from records.models import IdempotencyKey
from records.services.retention.stores import ANSWERS_KEPT
from records.services.writing.idempotency import (
    CALLING,
    CALLING_AT_MOST,
    UNKNOWN,
    Answer,
    run_once,
)
from tests.factories import Caller, make_member
from tests.services.acting import outcome

ANSWER = Answer(201, {"ETag": '"1"'}, b"made")


class Work:
    """Counts how often it is done; may raise first."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.done = 0

    def __call__(self) -> Answer:
        if self.errors:
            raise self.errors.pop(0)
        self.done += 1
        return ANSWER


def left(caller: Caller, **columns: Any) -> None:
    """What an earlier call under the key `k` has left."""
    IdempotencyKey.objects.create(
        workspace=caller.workspace, caller=caller.author.caller, key="k", fingerprint="f", **columns
    )


def long_ago(age: timedelta) -> datetime:
    return datetime.now(UTC) - age - timedelta(minutes=1)


def test_the_second_call_gets_the_answer_of_the_first(workspace: Caller) -> None:
    work = Work()
    assert run_once(workspace.author, "k", "f", work) == (ANSWER, False)
    assert run_once(workspace.author, "k", "f", work) == (ANSWER, True)
    assert work.done == 1


def test_keys_of_two_callers_are_two_keys(workspace: Caller) -> None:
    work = Work()
    for caller in (workspace, make_member(workspace, "m@example.com")):
        assert run_once(caller.author, "k", "f", work) == (ANSWER, False)
    assert work.done == 2


def test_a_key_is_for_one_request(workspace: Caller) -> None:
    run_once(workspace.author, "k", "f", Work())
    with pytest.raises(IdempotencyMismatch):
        run_once(workspace.author, "k", "g", Work())


def test_a_refused_call_frees_its_key(workspace: Caller) -> None:
    work = Work(NotFound())
    with pytest.raises(NotFound):
        run_once(workspace.author, "k", "f", work)
    assert not IdempotencyKey.objects.filter(workspace=workspace.workspace).exists()
    assert run_once(workspace.author, "k", "g", work) == (ANSWER, False)


LEFT: dict[str, tuple[dict[str, Any], type[Exception] | None]] = {
    "a claim of a dead call": ({"status": None}, None),
    "a call in another system": ({"status": CALLING}, InFlight),
    "a call in another system that never ended": (
        {"status": CALLING, "created_at": long_ago(CALLING_AT_MOST)},
        ExternalError,
    ),
    "a call whose outcome is unknown": ({"status": UNKNOWN}, ExternalError),
    "an answer that is no longer kept": (
        {"status": 201, "created_at": long_ago(ANSWERS_KEPT)},
        None,
    ),
}


@pytest.mark.parametrize(("columns", "refused"), LEFT.values(), ids=LEFT.keys())
def test_a_call_is_carried_out_unless_an_earlier_one_may_have_been(
    workspace: Caller, columns: dict[str, Any], refused: type[Exception] | None
) -> None:
    left(workspace, **columns)
    work = Work()
    if refused is None:
        assert run_once(workspace.author, "k", "f", work) == (ANSWER, False)
    else:
        with pytest.raises(refused):
            run_once(workspace.author, "k", "f", work)
    assert work.done == (1 if refused is None else 0)


ELSEWHERE: dict[str, tuple[Exception | None, int | None]] = {
    "done": (None, 201),
    "refused there": (ExternalError("No.", outcome="refused"), None),
    "refused before it was sent": (NotFound(), None),
    "not answered": (ExternalError("No answer.", outcome="unknown"), UNKNOWN),
    "broken off": (RuntimeError(), UNKNOWN),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("error", "status"), ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_work_in_another_system_keeps_its_key_unless_it_was_refused(
    workspace: Caller, error: Exception | None, status: int | None
) -> None:
    work = Work(InTransaction("Not in a transaction."), *([] if error is None else [error]))
    if error is None:
        assert run_once(workspace.author, "k", "f", work) == (ANSWER, False)
    else:
        with pytest.raises(type(error)):
            run_once(workspace.author, "k", "f", work)
    kept = IdempotencyKey.objects.filter(workspace=workspace.workspace)
    assert list(kept.values_list("status", flat=True)) == ([] if status is None else [status])


def test_keys_of_one_caller_and_of_two_lead_to_their_own_answers(workspace: Caller) -> None:
    member = make_member(workspace, "m@example.com")
    calls = [
        (caller.author, key, Answer(200, {}, f"{place} {key}".encode()))
        for place, caller in enumerate((workspace, member))
        for key in ("k", "l")
    ]
    for author, key, answer in calls:
        run_once(author, key, "f", partial(replace, answer))
    for author, key, answer in calls:
        assert run_once(author, key, "f", Work()) == (answer, True)


# How the statement begins that frees a key, and not the one that removes keys that have expired.
FREES = 'DELETE FROM "records_idempotencykey" WHERE ("records_idempotencykey"."id"'


@contextmanager
def just_before(statement: str, do: Callable[[], object], *, skip: int = 0) -> Iterator[None]:
    """What happens just before a call's first such statement on the keys, but for those to skip."""
    left: list[Callable[[], object]] = [do, *[lambda: None] * skip]

    def watch(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if left and sql.startswith(statement) and "records_idempotencykey" in sql:
            left.pop()()
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(watch):
            yield
    finally:
        assert not left


def test_a_call_that_ended_while_a_repeat_of_it_began_is_not_carried_out_again(
    workspace: Caller,
) -> None:
    work, rows = Work(), IdempotencyKey.objects.filter(workspace=workspace.workspace)
    ended = {"status": 201, "headers": ANSWER.headers, "body": ANSWER.body}
    with just_before("SELECT", lambda: rows.update(**ended)):
        assert run_once(workspace.author, "k", "f", work) == (ANSWER, True)
    assert work.done == 0


def test_a_repeat_whose_claim_is_gone_is_not_carried_out_without_one(workspace: Caller) -> None:
    work, rows = Work(), IdempotencyKey.objects.filter(workspace=workspace.workspace)
    with just_before("SELECT", rows.delete), pytest.raises(InFlight):
        run_once(workspace.author, "k", "f", work)
    assert work.done == 0


def test_a_key_that_is_freed_while_a_repeat_looks_for_it_may_be_tried_again(
    workspace: Caller,
) -> None:
    left(workspace)
    rows = IdempotencyKey.objects.filter(workspace=workspace.workspace)
    with just_before("SELECT", rows.delete), pytest.raises(Conflict):
        run_once(workspace.author, "k", "f", Work())


def test_work_elsewhere_inside_a_transaction_frees_its_key(workspace: Caller) -> None:
    with pytest.raises(InTransaction):
        run_once(workspace.author, "k", "f", Work(InTransaction("Not in a transaction.")))
    assert not IdempotencyKey.objects.filter(workspace=workspace.workspace).exists()


def test_an_answer_that_was_stored_after_all_stays(workspace: Caller) -> None:
    rows = IdempotencyKey.objects.filter(workspace=workspace.workspace)
    stored = {"status": 201, "headers": ANSWER.headers, "body": ANSWER.body}
    unknown = Work(OutcomeUnknown())
    with pytest.raises(OutcomeUnknown), just_before(FREES, lambda: rows.update(**stored)):
        run_once(workspace.author, "k", "f", unknown)
    assert run_once(workspace.author, "k", "f", unknown) == (ANSWER, True)


@pytest.mark.django_db(transaction=True)
def test_one_of_two_repeats_calls_the_other_system(workspace: Caller) -> None:
    work = Work(InTransaction("Not in a transaction."))
    rows = IdempotencyKey.objects.filter(workspace=workspace.workspace)
    with pytest.raises(InFlight), just_before("UPDATE", lambda: rows.update(status=CALLING)):
        run_once(workspace.author, "k", "f", work)
    assert work.done == 0


@pytest.mark.django_db(transaction=True)
def test_a_call_that_repeats_a_dead_one_elsewhere_is_under_way_from_now_on(
    workspace: Caller,
) -> None:
    left(workspace, created_at=long_ago(CALLING_AT_MOST))
    repeats: list[type[RecordsError] | None] = []

    class Meanwhile(Work):
        def __call__(self) -> Answer:
            answer = super().__call__()
            repeats.append(outcome(run_once, workspace.author, "k", "f", Work()))
            return answer

    work = Meanwhile(InTransaction("Not in a transaction."))
    assert run_once(workspace.author, "k", "f", work) == (ANSWER, False)
    assert repeats == [InFlight]


AWAY: dict[str, tuple[str, list[Exception]]] = {
    "refused": (FREES, [NotFound()]),
    "refused before it was sent": (FREES, [InTransaction("No."), NotFound()]),
    "broken off": ("UPDATE", [InTransaction("No."), ZeroDivisionError()]),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("statement", "errors"), AWAY.values(), ids=AWAY.keys())
def test_a_caller_learns_of_the_first_error_when_the_database_is_away(
    workspace: Caller, statement: str, errors: list[Exception]
) -> None:
    def away() -> None:
        raise OperationalError("away")

    first = type(errors[-1])
    # Of the two updates of a call elsewhere the first one says that it begins.
    with pytest.raises(first), just_before(statement, away, skip=int(statement == "UPDATE")):
        run_once(workspace.author, "k", "f", Work(*errors))
