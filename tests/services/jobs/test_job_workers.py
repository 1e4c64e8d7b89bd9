"""What a worker does with a job batch by batch, and how it leaves one: cancelled, taken over,
refused, failed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from copy import copy
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone

from records.exceptions import Conflict, InvalidInput, Unavailable
from records.models import Job, new_uuid
from records.services.access.author import Author
from records.services.jobs import job_runs
from records.services.jobs.job_runs import (
    LEASE,
    JobView,
    cancel_job,
    get_job,
    kept,
    recover_jobs,
    run_job,
    start_job,
    stop_working,
)
from records.services.jobs.steps import Beat, Step, kinds, long_kinds
from tests.factories import Caller, make_workspace
from tests.services.acting import refusal

Batch = Callable[[Job], Step]
Long = Callable[[Callable[[Job, Beat], Step]], JobView]
KIND, LONG = "test_batches", "test_long"
FAILURE = {"record_id": "x", "code": "not_found", "detail": "Not found."}


class Batches:
    """A kind of job whose batches a test gives; `seen` is the job as each batch found it."""

    def __init__(self, workspace: Caller, object_id: int) -> None:
        self.workspace, self.object_id = workspace, object_id
        self.batches: list[Batch] = []
        self.seen: list[Job] = []

    def __call__(self, author: Author, job: Job) -> Step:
        self.seen.append(copy(job))
        return self.batches[len(self.seen) - 1](job)

    def start(self, *batches: Batch, total: int = 3, parameters: Any = None) -> JobView:
        """A job of these batches, which no worker has taken yet."""
        self.batches = list(batches)
        author = self.workspace.author
        return start_job(author, KIND, self.object_id, parameters or {}, total, inline=False)

    def view(self, job: JobView) -> JobView:
        return get_job(self.workspace.author, job.uuid)


@pytest.fixture
def batches(
    workspace: Caller, things: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Batches]:
    made = Batches(workspace, workspace.schema("things").id)
    monkeypatch.setitem(kinds._items, KIND, made)
    made.start()  # another one waits, and goes on waiting
    yield made
    assert Job.objects.filter(kind=KIND).earliest("id").status == "pending"


@pytest.fixture
def long(workspace: Caller, things: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Long]:
    """Starts a job of a long kind that does this."""

    def start(do: Callable[[Job, Beat], Step]) -> JobView:
        monkeypatch.setitem(long_kinds._items, LONG, lambda _, job, beat: do(job, beat))
        object_id = workspace.schema("things").id
        return start_job(workspace.author, LONG, object_id, {"kept": 1}, 9, inline=False)

    other = start(lambda _job, _beat: Step(None))  # waits, and goes on waiting
    yield start
    assert get_job(workspace.author, other.uuid).status == "pending"


@pytest.fixture
def _workers_may_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that stops in this test stops in no other one."""
    monkeypatch.setattr(job_runs, "_stopping", threading.Event())


def row_of(job: JobView) -> Job:
    return Job.objects.get(uuid=job.uuid)


def run(job: JobView) -> None:
    run_job(row_of(job).pk)


def taken_over(job: Job) -> None:
    """Another worker has the job now."""
    Job.objects.filter(id=job.pk).update(lease=new_uuid())


def then(step: Step, *done: Callable[[Job], object]) -> Batch:
    """A batch during which something else is done to the job."""

    def batch(job: Job) -> Step:
        for each in done:
            each(job)
        return step

    return batch


# ---------------------------------------------------------------- batches


def test_batches_follow_each_other_and_their_results_add_up(batches: Batches) -> None:
    job = batches.start(
        then(Step(2, 1, [FAILURE], {"a": 1, "b": 1})),
        then(Step(3, 1, [], None)),
        then(Step(None, 4, [FAILURE], {"b": 2})),
        total=7,
    )

    run(job)

    done = batches.view(job)
    assert [seen.position for seen in batches.seen] == [0, 2, 3]
    assert (done.status, done.success_count, done.failed_count) == ("completed", 6, 2)
    assert (done.failures, done.result) == ([FAILURE, FAILURE], {"a": 1, "b": 2})
    assert done.finished is not None
    assert (row_of(job).lease, row_of(job).leased_until) == (None, None)


def test_what_is_left_is_counted_while_a_job_is_unfinished(batches: Batches) -> None:
    left: list[int] = []

    def look(job: Job) -> None:
        left.append(batches.view(job_view).pending_count)

    job_view = batches.start(then(Step(2, 1, [FAILURE]), look), then(Step(None, 1), look), total=7)
    run(job_view)

    assert left == [7, 5]
    assert batches.view(job_view).pending_count == 0


def test_the_first_thousand_failures_are_kept_and_all_are_counted(batches: Batches) -> None:
    failures = [{**FAILURE, "record_id": str(at)} for at in range(1001)]
    job = batches.start(then(Step(1, 0, failures[:1])), then(Step(None, 0, failures[1:])))

    run(job)

    done = batches.view(job)
    assert (done.failures, done.failed_count) == (failures[:1000], 1001)


def test_each_batch_extends_the_lease(batches: Batches) -> None:
    with time_machine.travel("2024-05-31T12:00:00Z", tick=False) as clock:
        job = batches.start(then(Step(1), lambda _: clock.shift(LEASE / 2)), then(Step(None)))
        run(job)

        assert batches.seen[1].leased_until == timezone.now() + LEASE


def test_a_worker_takes_a_job_for_the_time_of_a_lease(batches: Batches) -> None:
    job = batches.start(then(Step(None)))
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        run(job)

        (seen,) = batches.seen
        assert (seen.status, seen.lease is None) == ("running", False)
        assert seen.leased_until == timezone.now() + LEASE


# ---------------------------------------------------------------- leaving a job


def test_a_worker_that_was_replaced_does_no_more_batches(batches: Batches) -> None:
    job = batches.start(then(Step(1, 1), taken_over), then(Step(None, 1)))

    run(job)

    assert len(batches.seen) == 1
    row = row_of(job)
    assert (row.status, row.success_count, row.finished_at) == ("running", 1, None)
    assert row.lease is not None


def test_a_job_that_is_cancelled_while_it_runs_ends_after_its_batch(batches: Batches) -> None:
    def cancel(job: Job) -> None:
        asked = cancel_job(batches.workspace.author, str(job.uuid))
        assert (asked.status, asked.cancel_asked) == ("running", True)

    job = batches.start(then(Step(1, 1), cancel), then(Step(None, 1)), parameters={"of": "bulk"})

    run(job)

    ended = batches.view(job)
    assert (ended.status, ended.success_count, len(batches.seen)) == ("cancelled", 1, 1)
    assert (row_of(job).parameters, row_of(job).lease) == ({}, None)
    assert refusal(cancel_job, batches.workspace.author, job.uuid).code == "invalid"


@pytest.mark.usefixtures("_workers_may_stop")
def test_a_worker_that_is_told_to_stop_leaves_the_next_batches_to_others(batches: Batches) -> None:
    job = batches.start(then(Step(1, 1), lambda _: stop_working()), then(Step(None, 1)))

    run(job)
    row = row_of(job)
    assert (row.status, row.lease, row.position) == ("running", None, 1)
    assert row.leased_until is not None
    assert row.leased_until <= timezone.now()

    run(job)
    assert (batches.view(job).status, batches.view(job).success_count) == ("completed", 2)


@pytest.mark.parametrize("error", [Conflict, Unavailable])
def test_what_may_pass_leaves_the_job_to_others(batches: Batches, error: type[Exception]) -> None:
    def fail(job: Job) -> Step:
        raise error("Try again.")

    job = batches.start(then(Step(1, 1)), fail, then(Step(None, 1)))

    with pytest.raises(error):
        run(job)
    row = row_of(job)
    assert (row.status, row.lease, row.failures, row.position) == ("running", None, [], 1)

    assert recover_jobs() == 1
    run(job)
    assert (batches.view(job).status, batches.view(job).success_count) == ("completed", 2)


def test_a_database_that_is_busy_is_no_fault_of_the_job(batches: Batches) -> None:
    def busy(job: Job) -> Step:
        raise OperationalError from _busy()

    job = batches.start(busy, then(Step(None, 1)))

    with pytest.raises(Unavailable):
        run(job)

    row = row_of(job)
    assert (row.status, row.lease, row.failures) == ("running", None, [])


def test_a_database_that_is_busy_is_no_fault_of_a_long_job(long: Long) -> None:
    def busy(job: Job, beat: Beat) -> Step:
        raise OperationalError from _busy()

    job = long(busy)

    with pytest.raises(Unavailable):
        run(job)

    row = row_of(job)
    assert (row.status, row.lease, row.failures) == ("running", None, [])


@pytest.mark.django_db(transaction=True)
def test_what_stopped_a_job_is_told_though_it_cannot_be_released(long: Long) -> None:
    def away(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if sql.startswith("UPDATE"):
            raise OperationalError("The database is away.")
        return execute(sql, params, many, context)

    def lose(job: Job, beat: Beat) -> Step:
        until_the_end.enter_context(connection.execute_wrapper(away))
        raise Conflict("Try again.")

    job = long(lose)
    with ExitStack() as until_the_end, pytest.raises(Conflict):
        run(job)


def _busy() -> Exception:
    import sqlite3

    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error


def test_a_refusal_fails_the_job_and_stands_before_its_failures(
    batches: Batches,
) -> None:
    def refuse(job: Job) -> Step:
        raise InvalidInput("The field is gone.")

    failures = [{**FAILURE, "record_id": str(at)} for at in range(1000)]
    job = batches.start(then(Step(1, 1, failures)), refuse)

    run(job)

    ended = batches.view(job)
    why = {"code": "job_failed", "detail": "The field is gone."}
    assert (ended.status, ended.success_count, ended.failures) == (
        "failed",
        1,
        [why, *failures[:-1]],
    )
    assert (ended.finished is None, row_of(job).lease) == (False, None)


def test_an_error_of_the_program_fails_the_job_and_is_not_quoted(batches: Batches) -> None:
    def fail(job: Job) -> Step:
        raise ValueError("a secret value")

    job = batches.start(fail)

    with pytest.raises(ValueError, match="a secret value"):
        run(job)

    (why,) = batches.view(job).failures
    assert (batches.view(job).status, why["code"]) == ("failed", "job_failed")
    assert why["detail"] == "The job failed because of an internal error."


# ---------------------------------------------------------------- long kinds


def test_a_long_job_shows_how_far_it_has_come(workspace: Caller, long: Long) -> None:
    shown: list[tuple[Any, ...]] = []

    def do(job: Job, beat: Beat) -> Step:
        Job.objects.filter(id=job.pk).update(leased_until=timezone.now())
        beat(5)
        row = Job.objects.get(id=job.pk)
        assert row.leased_until is not None
        extended = row.leased_until > timezone.now() + LEASE / 2
        shown.append((row.position, row.success_count, extended))
        return Step(None, 6, [FAILURE], {"failed": 3, "created": 6})

    job = long(do)
    run(job)

    assert shown == [(5, 5, True)]
    done = get_job(workspace.author, job.uuid)
    assert (done.status, done.success_count, done.failed_count) == ("completed", 6, 3)
    assert (done.failures, done.result) == ([FAILURE], {"failed": 3, "created": 6})
    # Whoever sent the file may import it again.
    assert row_of(job).parameters == {"kept": 1}


@pytest.mark.parametrize(("result", "failed"), [(None, 1), ({}, 1), ({"failed": 0}, 0)])
def test_failures_that_a_long_job_did_not_count_are_those_it_lists(
    workspace: Caller, long: Long, result: Mapping[str, Any] | None, failed: int
) -> None:
    job = long(lambda _job, _beat: Step(None, 2, [FAILURE], result))

    run(job)

    assert get_job(workspace.author, job.uuid).failed_count == failed


def test_a_long_job_that_is_cancelled_stops_at_a_heartbeat(workspace: Caller, long: Long) -> None:
    def do(job: Job, beat: Beat) -> Step:
        beat(2)
        cancel_job(workspace.author, str(job.uuid))
        beat(3)
        raise AssertionError("not stopped")

    job = long(do)
    run(job)

    ended = get_job(workspace.author, job.uuid)
    assert (ended.status, ended.success_count, row_of(job).lease) == ("cancelled", 2, None)


@pytest.mark.usefixtures("_workers_may_stop")
def test_a_worker_that_is_told_to_stop_leaves_a_long_job_to_others(
    workspace: Caller, long: Long
) -> None:
    def do(job: Job, beat: Beat) -> Step:
        stop_working()
        beat(3)
        raise AssertionError("not stopped")

    job = long(do)
    run(job)

    row = row_of(job)
    assert (row.status, row.lease, row.position, row.finished_at) == ("running", None, 0, None)
    assert row.leased_until is not None
    assert row.leased_until <= timezone.now()


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_replaced_worker_stops_at_a_heartbeat_and_leaves_the_job(
    long: Long, cancelled: bool
) -> None:
    def do(job: Job, beat: Beat) -> Step:
        Job.objects.filter(id=job.pk).update(lease=new_uuid(), cancel_asked=cancelled)
        beat(3)
        raise AssertionError("not stopped")

    job = long(do)
    run(job)

    row = row_of(job)
    assert (row.status, row.position, row.finished_at) == ("running", 0, None)
    assert row.lease is not None


def test_a_replaced_worker_does_not_report_the_result_of_a_long_job(long: Long) -> None:
    def do(job: Job, beat: Beat) -> Step:
        taken_over(job)
        return Step(None, 6, [FAILURE])

    job = long(do)
    run(job)

    row = row_of(job)
    assert (row.status, row.success_count, row.failures) == ("running", 0, [])
    assert row.lease is not None


@pytest.mark.parametrize("error", [InvalidInput, ValueError, Conflict])
def test_a_replaced_worker_that_fails_leaves_the_job(long: Long, error: type[Exception]) -> None:
    def do(job: Job, beat: Beat) -> Step:
        taken_over(job)
        raise error("Too late.")

    job = long(do)
    with suppress(error):
        run(job)

    row = row_of(job)
    assert (row.status, row.failures, row.finished_at) == ("running", [], None)
    assert row.lease is not None


# ---------------------------------------------------------------- work that stores nothing


@pytest.mark.django_db(transaction=True)
def test_only_ones_own_job_is_kept_while_work_on_it_stores_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_runs, "LEASE", timedelta(seconds=0.4))
    workspace, threads = make_workspace(), threading.active_count()
    mine, taken, other = (
        Job.objects.create(
            workspace=workspace.workspace,
            member=workspace.member,
            kind=KIND,
            lease=new_uuid(),
            leased_until=timezone.now(),
        )
        for _ in range(3)
    )
    formerly_mine = copy(taken)
    formerly_mine.lease = new_uuid()

    with kept(formerly_mine), kept(mine):
        until(lambda: _is_kept(mine))

    for job in (taken, other):
        before = job.leased_until
        job.refresh_from_db(fields=["leased_until"])
        assert job.leased_until == before
    assert threading.active_count() == threads


def _is_kept(job: Job) -> bool:
    # On SQLite the table is locked while the other thread writes to it.
    with suppress(OperationalError):
        row = Job.objects.get(workspace_id=job.workspace_id, id=job.pk)
        return row.leased_until is not None and row.leased_until > timezone.now()
    return False


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does; a minute at most."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        os.sched_yield()
