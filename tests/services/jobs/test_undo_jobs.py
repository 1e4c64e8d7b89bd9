"""Undo as a job: at once, by a worker, as a dry run; what is refused before it begins.

UNDO_RECORDS makes the bulk edit that is undone bigger, for instance 50000.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
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
from records.services.undoing.left_out import list_left
from records.services.undoing.undo_plans import UndoMode
from records.services.writing import SaveResult
from records.services.writing.save import save_records
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import Caller, change_record, entries, make_member
from tests.services.acting import differences
from tests.working import work

RECORDS = int(os.environ.get("UNDO_RECORDS", "60"))
AT_A_TIME = 1000


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
    assert (view.job.status, view.job.result["records"]) == ("completed", 3)
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
    assert (ended.status, ended.result["records"], ended.result["left"]) == ("completed", 2, 1)
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


def _in_batches(author: Author, workspace: Caller, requests: list[SaveRequest]) -> Iterator[str]:
    """Carry out the requests; the records' ids."""
    for start in range(0, len(requests), AT_A_TIME):
        batch = requests[start : start + AT_A_TIME]
        saved = save_records(author, workspace.schema("things"), batch)
        yield from (one.record.uuid for one in saved if isinstance(one, SaveResult))


def test_a_bulk_edit_is_undone_but_for_what_was_edited_since(
    workspace: Caller, things: list[str]
) -> None:
    created = [
        SaveRequest(Mode.CREATE, entries=entries({"name": f"N{at}", "note": f"old {at}"}))
        for at in range(RECORDS)
    ]
    uuids = list(_in_batches(anew(workspace.author), workspace, created))
    assert len(uuids) == RECORDS

    def edit(author: Author, chosen: list[str], note: str) -> None:
        requests = [
            SaveRequest(Mode.UPDATE, uuid, entries=entries({"note": note})) for uuid in chosen
        ]
        assert len(list(_in_batches(author, workspace, requests))) == len(chosen)

    bulk, since = anew(workspace.author), uuids[7::20]  # 5 % of them
    edit(bulk, uuids, "bulk")
    edit(anew(workspace.author), since, "since")
    view = start_undo(anew(workspace.author), bulk.operation_id, UndoMode.SAFE)
    work()
    ended = get_job(workspace.author, view.job.uuid)
    assert (ended.status, ended.result["records"], ended.result["left"]) == (
        "completed",
        RECORDS - len(since),
        len(since),
    )
    key = str(workspace.schema("things").by_name["note"].id)
    held = {str(row.uuid): row.values.get(key) for row in Record.objects.all()}
    kept = set(since)
    assert {uuid: held[uuid] for uuid in uuids} == {
        uuid: "since" if uuid in kept else f"old {at}" for at, uuid in enumerate(uuids)
    }
    left, named = list_left(workspace.author, view.operation_id, offset=0, limit=len(since) + 1)
    assert (left, {one.code for one in named}) == (len(since), {"changed_since"})
    assert {one.record_uuid for one in named} == kept
    assert differences(workspace) == []


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
