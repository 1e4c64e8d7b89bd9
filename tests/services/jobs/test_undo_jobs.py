"""Undo as a job: at once, by a worker, as a dry run; what is refused before it begins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from records.exceptions import Conflict, NotAllowed, NotFound
from records.models import Job, JobStatus, LeftOut, Record, new_uuid
from records.services.access.author import Author
from records.services.jobs import undo_jobs
from records.services.jobs.job_runs import get_job, run_job
from records.services.jobs.steps import kinds
from records.services.jobs.undo_jobs import start_undo
from records.services.undoing import undo_batches
from records.services.undoing.undo_plans import UndoMode
from records.services.writing.save import save_records
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import Caller, change_record, entries, make_member
from tests.services.acting import differences
from tests.working import work


def anew(author: Author, **more: Any) -> Author:
    return replace(author, operation_id=new_uuid(), **more)


@pytest.fixture
def renamed(workspace: Caller, things: list[str]) -> UUID:
    """An operation that gave all things another note."""
    author = anew(workspace.author)
    requests = [
        SaveRequest(Mode.UPDATE, uuid, entries=entries({"note": f"new {at}"}))
        for at, uuid in enumerate(things)
    ]
    save_records(author, workspace.schema("things"), requests)
    return author.operation_id


def notes(workspace: Caller) -> list[Any]:
    key = str(workspace.schema("things").by_name["note"].id)
    return [row.values.get(key) for row in Record.objects.order_by("id")]


def test_a_small_one_is_undone_at_once(workspace: Caller, renamed: UUID) -> None:
    view = start_undo(anew(workspace.author, reason="a mistake"), renamed, UndoMode.SAFE)
    assert (view.job.status, view.job.result["records"]) == ("done", 3)
    assert notes(workspace) == ["kept", None, None]
    newest = Record.history.latest("history_id")
    assert newest.history_change_reason == f"Undo of operation {renamed}: a mistake"
    assert (newest.operation_id, view.undoes) == (view.operation_id, renamed)
    with pytest.raises(Conflict) as refused:
        start_undo(anew(workspace.author), renamed, UndoMode.FORCE)
    assert refused.value.code == "already_undone"


def test_a_worker_goes_on_where_another_was_killed(
    workspace: Caller, things: list[str], renamed: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_jobs, "INLINE", 0)
    monkeypatch.setattr("records.services.jobs.job_runs.INLINE", 0)
    monkeypatch.setattr(undo_batches, "BATCH", 1)
    change_record(workspace, "things", things[1], note="edited")
    view = start_undo(anew(workspace.author), renamed, UndoMode.SAFE)
    with pytest.raises(Conflict):
        start_undo(anew(workspace.author), renamed, UndoMode.SAFE)
    done = undo_jobs._undo
    steps: list[int] = []

    def killed(author: Author, job: Job) -> Any:
        steps.append(job.position)
        if len(steps) == 2:
            raise SystemExit  # whatever the batch has done is rolled back with it
        return done(author, job)

    monkeypatch.setitem(kinds._items, undo_jobs.UNDO, killed)
    job = Job.objects.get(uuid=view.job.uuid)
    with pytest.raises(SystemExit):
        run_job(job.pk)
    Job.objects.filter(pk=job.pk).update(lease=None)
    work()
    assert steps[1] == steps[2]
    ended = get_job(workspace.author, view.job.uuid)
    assert (ended.status, ended.result["records"], ended.result["left"]) == ("done", 2, 1)
    assert [failure["code"] for failure in ended.failures] == ["changed_since"]
    assert notes(workspace) == ["kept", "edited", None]
    assert LeftOut.objects.filter(workspace=workspace.workspace).count() == 1
    assert differences(workspace) == []


def test_a_dry_run_of_a_big_one_is_a_job_too(
    workspace: Caller, renamed: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_jobs, "INLINE", 0)
    monkeypatch.setattr("records.services.jobs.job_runs.INLINE", 0)
    view = start_undo(anew(workspace.author), renamed, UndoMode.SAFE, dry_run=True)
    work()
    ended = get_job(workspace.author, view.job.uuid)
    assert (ended.result["counts"], ended.result["dry_run"]) == ({"updated": 3}, True)
    assert notes(workspace) == ["new 0", "new 1", "new 2"]
    assert Job.objects.get().undoes is None


def test_what_is_under_way_or_out_of_sight_is_not_undone(workspace: Caller, renamed: UUID) -> None:
    Job.objects.create(
        workspace=workspace.workspace,
        member=workspace.member,
        kind="import",
        operation_id=renamed,
        status=JobStatus.RUNNING,
    )
    with pytest.raises(Conflict, match="still being carried out"):
        start_undo(anew(workspace.author), renamed, UndoMode.SAFE)
    stranger = make_member(workspace, "stranger@example.com")
    with pytest.raises(NotFound):
        start_undo(stranger.author, renamed, UndoMode.SAFE)
    with pytest.raises(NotAllowed):
        start_undo(anew(workspace.author, scopes=("records:read",)), renamed, UndoMode.SAFE)
