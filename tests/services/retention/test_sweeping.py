"""What is old is swept; what is still needed stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from records.models import IdempotencyKey, ImportUpload, Job
from records.services.retention.sweeping import (
    remove_unused_upload,
    sweep_answers,
    sweep_jobs,
    sweep_uploads,
)
from tests.factories import Caller, make_object

HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def upload(workspace: Caller, now: datetime) -> ImportUpload:
    """An uploaded file, three hours old."""
    return ImportUpload.objects.create(
        workspace=workspace.workspace,
        object=make_object(workspace, "People"),
        member=workspace.member,
        file_name="people.csv",
        file="imports/people.csv",
        header=["name"],
        samples=[["Ann"]],
        row_count=1,
        created_at=now - 3 * HOUR,
    )


def make_job(caller: Caller, created: datetime, finished: datetime | None, **more: object) -> Job:
    return Job.objects.create(
        workspace=caller.workspace,
        member=caller.member,
        kind="import",
        created_at=created,
        finished_at=finished,
        **more,
    )


# Hours before now at which the jobs of the upload finished; None for unfinished ones.
UPLOADS: list[tuple[list[int | None], int]] = [
    ([], 1),
    ([2], 1),
    ([2, 0], 0),
    ([None], 0),
    ([2, None], 0),
]


@pytest.mark.parametrize(("finished", "removed"), UPLOADS)
def test_an_upload_goes_when_no_job_has_used_it_for_long(
    workspace: Caller, upload: ImportUpload, now: datetime, finished: list[int | None], removed: int
) -> None:
    for hours in finished:
        ended = None if hours is None else now - hours * HOUR
        make_job(workspace, now - 3 * HOUR, ended, parameters={"upload": upload.pk})
    assert sweep_uploads(now - 4 * HOUR) == 0
    assert sweep_uploads(now - HOUR) == removed


@pytest.mark.parametrize("finished", [True, False])
def test_a_cancelled_import_removes_its_upload_unless_another_job_needs_it(
    workspace: Caller, upload: ImportUpload, now: datetime, finished: bool
) -> None:
    make_job(workspace, now, now if finished else None, parameters={"upload": upload.pk})
    remove_unused_upload(workspace.workspace.id, upload.pk)
    assert ImportUpload.objects.filter(workspace=workspace.workspace).exists() is not finished
    remove_unused_upload(workspace.workspace.id, upload.pk)


def test_finished_jobs_keep_their_counts_alone(workspace: Caller, now: datetime) -> None:
    held = {
        "failures": [{"detail": "x"}],
        "parameters": {"a": 1},
        "result": {"samples": [1], "created": 3},
    }
    old = make_job(workspace, now, now - 2 * HOUR, **held)
    for finished in (None, now):
        make_job(workspace, now, finished, **held)
    assert sweep_jobs(now - HOUR) == 1
    old.refresh_from_db()
    assert (old.failures, old.parameters, old.result) == ([], {}, {"created": 3})
    assert sweep_jobs(now - HOUR) == 0


def test_stored_answers_go_when_they_are_old(workspace: Caller, now: datetime) -> None:
    for at, key in ((now, "new"), (now - 2 * HOUR, "old")):
        IdempotencyKey.objects.create(
            workspace=workspace.workspace, caller="1", key=key, created_at=at
        )
    assert sweep_answers(now - HOUR) == 1
    assert [row.key for row in IdempotencyKey.objects.filter(workspace=workspace.workspace)] == [
        "new"
    ]
