"""Jobs: who sees them, how they are stopped, and that one worker at a time is at work on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from records.exceptions import NotAllowed, NotFound
from records.models import Job, JobStatus, Source, new_uuid
from records.rehearsal import Notes, noting
from records.services.jobs import job_runs
from records.services.jobs.bulk_jobs import ARCHIVE
from records.services.jobs.job_runs import (
    SoughtJobs,
    cancel_job,
    get_job,
    job_author,
    list_jobs,
    open_report,
    recover_jobs,
    run_job,
    start_job,
)
from tests.factories import Caller, make_member, make_object, make_workspace
from tests.services.acting import history, invalid_at, refusal
from tests.working import work


def begun(caller: Caller, things: list[str]) -> job_runs.JobView:
    """A job that waits for a worker."""
    object_id = caller.schema("things").id
    return start_job(
        caller.author, ARCHIVE, object_id, {"record_ids": things}, len(things), inline=False
    )


def test_a_key_that_only_reads_starts_no_job(workspace: Caller, things: list[str]) -> None:
    """The job itself would run without the key's scopes."""
    reader = replace(workspace.author, api_key_id=1, scopes=("records:read",))
    refused = refusal(start_job, reader, ARCHIVE, workspace.schema("things").id, {}, 3)
    assert isinstance(refused, NotAllowed)
    assert not Job.objects.exists()


def test_a_job_knows_what_it_undoes(workspace: Caller, things: list[str]) -> None:
    undone = new_uuid()
    job = start_job(workspace.author, ARCHIVE, None, {}, 1, inline=False, undoes=undone)
    assert row_of(job).undoes == undone
    assert row_of(begun(workspace, things)).undoes is None


@contextmanager
def no_tasks() -> Iterator[None]:
    """The database cannot store tasks."""

    def away(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if "INSERT" in sql and DBTaskResult._meta.db_table in sql:
            raise OperationalError("disk full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(away):
        yield


def row_of(job: job_runs.JobView) -> Job:
    return Job.objects.get(uuid=job.uuid)


def test_a_job_waits_and_is_done_by_a_worker(workspace: Caller, things: list[str]) -> None:
    job = begun(workspace, things)
    assert (job.status, job.pending_count) == ("pending", 3)

    work()

    done = get_job(workspace.author, job.uuid)
    assert (done.status, done.success_count, done.pending_count) == ("completed", 3, 0)
    assert row_of(job).parameters == {}  # they name records, which may be erased


def test_a_worker_takes_its_own_job_alone(workspace: Caller, things: list[str]) -> None:
    first, second = begun(workspace, things[:1]), begun(workspace, things[1:])
    run_job(row_of(first).pk)
    statuses = [get_job(workspace.author, job.uuid).status for job in (first, second)]
    assert statuses == ["completed", "pending"]


def test_a_job_that_somebody_works_on_is_left_to_them(workspace: Caller, things: list[str]) -> None:
    job = begun(workspace, things)
    Job.objects.filter(uuid=job.uuid).update(
        lease=new_uuid(), leased_until=timezone.now() + timedelta(hours=1)
    )

    run_job(row_of(job).pk)
    assert get_job(workspace.author, job.uuid).success_count == 0

    Job.objects.filter(uuid=job.uuid).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert recover_jobs() == 1
    assert recover_jobs() == 0
    work()
    assert get_job(workspace.author, job.uuid).status == "completed"


def test_a_job_that_waits_is_cancelled_at_once_and_only_once(
    workspace: Caller, things: list[str]
) -> None:
    job, other = begun(workspace, things), begun(workspace, things[:1])

    assert cancel_job(workspace.author, job.uuid).status == JobStatus.CANCELLED
    assert get_job(workspace.author, other.uuid) == other
    work()
    assert get_job(workspace.author, job.uuid).success_count == 0
    assert invalid_at(cancel_job, workspace.author, job.uuid) == ((), "invalid")


def test_members_see_their_own_jobs_and_admins_all(workspace: Caller, things: list[str]) -> None:
    clerk = make_member(
        workspace, "clerk@example.com", {"things": {"view": "all", "remove": "all"}}
    )
    own, other = begun(clerk, things[:1]), begun(workspace, things[1:])

    assert [job.uuid for job in list_jobs(clerk.author)[1]] == [own.uuid]
    assert [job.uuid for job in list_jobs(workspace.author, limit=1)[1]] == [other.uuid]
    assert list_jobs(workspace.author)[0] == 2
    for what in (get_job, cancel_job):
        assert isinstance(refusal(what, clerk.author, other.uuid), NotFound)


def test_a_workspace_has_a_hundred_unfinished_jobs_at_most(
    workspace: Caller, things: list[str]
) -> None:
    waiting = row_of(begun(workspace, things))

    def more(count: int) -> None:
        Job.objects.bulk_create(
            Job(workspace_id=waiting.workspace_id, member_id=waiting.member_id, kind=ARCHIVE)
            for _ in range(count)
        )

    more(98)
    begun(workspace, things)
    assert invalid_at(begun, workspace, things) == ((), "limit_exceeded")


def test_a_job_whose_task_cannot_be_stored_does_not_begin(
    workspace: Caller, things: list[str]
) -> None:
    with no_tasks(), pytest.raises(OperationalError):
        begun(workspace, things)

    assert list_jobs(workspace.author) == (0, [])


def test_up_to_a_hundred_records_are_done_while_the_caller_waits(
    workspace: Caller, things: list[str]
) -> None:
    def start(total: int) -> str:
        object_id = workspace.schema("things").id
        parameters = {"record_ids": things}
        return start_job(workspace.author, ARCHIVE, object_id, parameters, total).status

    assert [start(100), start(101)] == ["completed", "pending"]
    # Only the one that waits is a task.
    assert DBTaskResult.objects.count() == 1


def test_a_job_acts_in_the_name_of_who_started_it(workspace: Caller, things: list[str]) -> None:
    author = replace(
        workspace.author, source=Source.MCP.value, api_key_id=7, request_id="the-request"
    )
    object_id = workspace.schema("things").id
    started = start_job(author, ARCHIVE, object_id, {"record_ids": things[:1]}, 1, inline=False)
    work()

    row = row_of(started)
    assert (row.member_id, row.source, row.request_id) == (author.member.id, "mcp", "the-request")
    acted = job_author(row)
    assert (acted.api_key_id, acted.operation_id) == (7, author.operation_id)
    assert (acted.source, acted.request_id) == ("mcp", "the-request")


def test_a_job_acts_for_the_reason_it_was_started_for(workspace: Caller, things: list[str]) -> None:
    caller = replace(workspace.author, reason="spring clean")
    object_id = workspace.schema("things").id
    parameters = {"record_ids": things}
    started = start_job(caller, ARCHIVE, object_id, parameters, 3, inline=False)

    assert row_of(started).parameters == {**parameters, "reason": "spring clean"}
    assert job_author(row_of(started)).reason == "spring clean"
    assert job_author(row_of(begun(workspace, things))).reason == ""
    work()
    assert history(workspace, "things", things[0])[0].reason == "spring clean"
    assert row_of(started).parameters == {}


def test_of_an_ended_import_the_parameters_are_kept_without_the_reason(
    workspace: Caller, things: list[str]
) -> None:
    job = begun(workspace, things)
    parameters = {"columns": ["name"], "reason": "spring clean"}
    Job.objects.filter(uuid=job.uuid).update(kind="import", parameters=parameters)
    cancel_job(workspace.author, job.uuid)
    assert row_of(job).parameters == {"columns": ["name"]}


def test_who_notes_what_is_done_learns_of_jobs(workspace: Caller, things: list[str]) -> None:
    with noting(Notes(rehearsed=False)) as taken:
        begun(workspace, things)
    assert taken.jobs == [(ARCHIVE, 3)]


def test_jobs_are_sought_by_whether_they_have_ended_and_when_they_began(
    workspace: Caller, things: list[str]
) -> None:
    waiting, ended = begun(workspace, things), begun(workspace, things)
    cancel_job(workspace.author, ended.uuid)
    last = row_of(ended).created_at
    sought = {
        SoughtJobs(finished=True): [ended.uuid],
        SoughtJobs(finished=False): [waiting.uuid],
        SoughtJobs(since=last): [ended.uuid],
        SoughtJobs(since=last + timedelta(microseconds=1)): [],
    }
    found = {one: [job.uuid for job in list_jobs(workspace.author, one)[1]] for one in sought}
    assert found == sought


def test_a_job_is_shown_as_it_was_started(workspace: Caller, things: list[str]) -> None:
    job = begun(workspace, things)
    row = row_of(job)

    assert job == get_job(workspace.author, job.uuid)
    assert (job.kind, job.total, job.cancel_asked) == (ARCHIVE, 3, False)
    assert (job.created, job.finished) == (row.created_at, None)
    assert job.object_uuid == workspace.schema("things").uuid
    assert row.leased_until is not None
    # A task that is lost is found by then.
    assert timedelta(0) < row.leased_until - timezone.now() <= job_runs.LEASE


def test_jobs_of_other_workspaces_do_not_count_and_are_not_seen(
    workspace: Caller, things: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_runs, "MAX_UNFINISHED", 1)
    elsewhere = make_workspace("Elsewhere", "elsewhere@example.com")
    make_object(elsewhere, "Things")
    theirs = begun(elsewhere, [])
    ours = begun(workspace, things)

    assert list_jobs(workspace.author) == (1, [ours])
    for what in (get_job, cancel_job):
        assert isinstance(refusal(what, workspace.author, theirs.uuid), NotFound)


def test_ended_jobs_do_not_count_as_unfinished(
    workspace: Caller, things: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_runs, "MAX_UNFINISHED", 2)
    cancel_job(workspace.author, begun(workspace, things).uuid)
    begun(workspace, things)
    running = begun(workspace, things)
    Job.objects.filter(uuid=running.uuid).update(status="running")

    assert invalid_at(begun, workspace, things) == ((), "limit_exceeded")


def test_jobs_are_listed_newest_first_in_pages(workspace: Caller, things: list[str]) -> None:
    uuids = [begun(workspace, things).uuid for _ in range(3)]

    def page(offset: int = 0, limit: int = 100) -> list[str]:
        return [job.uuid for job in list_jobs(workspace.author, offset=offset, limit=limit)[1]]

    assert page() == uuids[::-1]
    assert page(offset=1, limit=1) == [uuids[1]]
    assert page(offset=1) == [uuids[1], uuids[0]]


@pytest.mark.parametrize(
    ("kind", "stored"),
    [
        ("custom_object_upload", "import"),
        ("custom_object_archive", "bulk_archive"),
        ("bulk_archive", "bulk_archive"),
    ],
)
def test_kinds_are_sought_by_their_documented_names_too(
    workspace: Caller, things: list[str], kind: str, stored: str
) -> None:
    for name in ("import", "bulk_archive"):
        Job.objects.filter(uuid=begun(workspace, things).uuid).update(kind=name)
    number, found = list_jobs(workspace.author, SoughtJobs(kind=kind))
    assert (number, [job.kind for job in found]) == (1, [stored])


def test_jobs_are_sought_by_the_id_of_an_object(workspace: Caller, things: list[str]) -> None:
    begun(workspace, things)
    sought = {
        SoughtJobs(object_key=workspace.schema("things").uuid): 1,
        SoughtJobs(object_key=workspace.schema("contacts").uuid): 0,
    }
    assert {one: list_jobs(workspace.author, one)[0] for one in sought} == sought
    assert invalid_at(list_jobs, workspace.author, SoughtJobs(object_key="things")) == (
        ("custom_object_id",),
        "invalid",
    )


def test_a_job_that_runs_is_asked_to_stop(workspace: Caller, things: list[str]) -> None:
    job = begun(workspace, things)
    lease, until = new_uuid(), timezone.now() + timedelta(hours=1)
    Job.objects.filter(uuid=job.uuid).update(status="running", lease=lease, leased_until=until)

    asked = cancel_job(workspace.author, job.uuid)

    assert (asked.status, asked.cancel_asked, asked.finished) == ("running", True, None)
    assert (row_of(job).lease, row_of(job).parameters) == (lease, {"record_ids": things})


def test_a_job_whose_worker_is_gone_is_cancelled_at_once(
    workspace: Caller, things: list[str]
) -> None:
    job = begun(workspace, things)
    Job.objects.filter(uuid=job.uuid).update(
        status="running", lease=new_uuid(), leased_until=timezone.now() - timedelta(seconds=1)
    )

    ended = cancel_job(workspace.author, job.uuid)

    assert (ended.status, ended.cancel_asked, ended.finished is None) == ("cancelled", True, False)
    row = row_of(job)
    assert (row.lease, row.leased_until, row.parameters) == (None, None, {})


def test_only_jobs_whose_lease_has_run_out_are_queued_again(
    workspace: Caller, things: list[str]
) -> None:
    lost, held, ended = (begun(workspace, things) for _ in range(3))
    past = timezone.now() - timedelta(seconds=1)
    Job.objects.filter(uuid=lost.uuid).update(lease=new_uuid(), leased_until=past)
    Job.objects.filter(uuid=ended.uuid).update(status="failed", leased_until=past)
    DBTaskResult.objects.all().delete()

    assert recover_jobs() == 1

    assert [row.task_result.args for row in DBTaskResult.objects.all()] == [[row_of(lost).pk]]
    row = row_of(lost)
    assert (row.status, row.lease) == ("pending", None)
    assert row.leased_until is not None
    assert timedelta(0) < row.leased_until - timezone.now() <= job_runs.LEASE
    assert row_of(held).lease is None


def test_lost_jobs_are_queued_again_by_the_hundred(workspace: Caller, things: list[str]) -> None:
    waiting = row_of(begun(workspace, things))
    Job.objects.bulk_create(
        Job(
            workspace_id=waiting.workspace_id,
            member_id=waiting.member_id,
            kind=ARCHIVE,
            leased_until=timezone.now() - timedelta(seconds=1),
        )
        for _ in range(101)
    )

    assert [recover_jobs(), recover_jobs(), recover_jobs()] == [100, 1, 0]


def test_a_job_whose_task_cannot_be_stored_is_still_lost(
    workspace: Caller, things: list[str]
) -> None:
    job = begun(workspace, things)
    past = timezone.now() - timedelta(seconds=1)
    Job.objects.filter(uuid=job.uuid).update(leased_until=past)

    with no_tasks(), pytest.raises(OperationalError):
        recover_jobs()

    assert row_of(job).leased_until == past


def test_a_job_without_a_report_opens_none(workspace: Caller, things: list[str]) -> None:
    job = begun(workspace, things)
    assert isinstance(refusal(open_report, workspace.author, job.uuid), NotFound)

    Job.objects.filter(uuid=job.uuid).update(result={"report": "imports/gone.csv"})
    assert isinstance(refusal(open_report, workspace.author, job.uuid), NotFound)


def test_a_report_is_opened(
    workspace: Caller, things: list[str], settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    job = begun(workspace, things)
    name = default_storage.save("imports/report.csv", ContentFile(b"line,field\r\n"))
    Job.objects.filter(uuid=job.uuid).update(result={"report": name})

    with open_report(workspace.author, job.uuid) as report:
        assert report.read() == b"line,field\r\n"
