"""Imports as jobs: plans that do not fit are refused, and what was tried can be done for good by
its sender."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from records.exceptions import NotFound
from records.models import ImportUpload, Job
from records.services.access.author import Author
from records.services.importing.uploads import get_upload, store_upload
from records.services.jobs import job_runs
from records.services.jobs.bulk_jobs import start_bulk_archive
from records.services.jobs.import_jobs import IMPORT, find_plan, start_import
from records.services.jobs.job_runs import JobView, cancel_job, get_job, start_job
from records.services.jobs.steps import Beat, Step, long_kinds
from records.services.tables import file_limits as limits
from tests.factories import Caller, make_member
from tests.services.acting import found, invalid_at, refusal
from tests.working import work


@pytest.fixture
def upload(
    workspace: Caller, things: list[str], settings: Settings, tmp_path: Path
) -> ImportUpload:
    settings.MEDIA_ROOT = str(tmp_path)
    content = b"Name,Note,Colour\nA,changed,red\nD,new,blue\n"
    return store_upload(workspace.author, workspace.schema("things"), "a.csv", [content])


def start(caller: Caller, upload: ImportUpload, **plan: Any) -> JobView:
    return start_import(caller.author, caller.schema("things"), upload, **plan)


@pytest.mark.parametrize(
    ("plan", "place"),
    [
        ({"mode": "merge"}, ("mode",)),
        ({"mode": "update_only", "mapping": {"Name": None}}, ("mode",)),
        ({"kept": ["Size"]}, ("keep_existing",)),
        ({"mapping": {"Size": "note"}}, ("mapping",)),
        ({"mapping": {"Name": None, "Note": None}}, ("mapping",)),
        ({"match_field": "note"}, ()),
    ],
    ids=str,
)
def test_a_plan_that_does_not_fit_is_refused_at_its_place(
    workspace: Caller, upload: ImportUpload, plan: dict[str, Any], place: tuple[str, ...]
) -> None:
    assert invalid_at(start, workspace, upload, **plan) == (place, "invalid")


def test_a_trial_stores_nothing_and_its_plan_is_kept(
    workspace: Caller, upload: ImportUpload
) -> None:
    tried = start(workspace, upload, dry_run=True)

    assert (tried.status, tried.result["created"], tried.result["updated"]) == ("completed", 1, 1)
    assert tried.result["ignored_columns"] == ["Colour"]
    assert sorted(found(workspace, "things")) == ["A", "B", "C"]
    plan = find_plan(workspace.author, tried.uuid)
    assert (plan["upload"], plan["mode"], plan["match_field"]) == (
        str(upload.uuid),
        "create_or_update",
        None,
    )

    done = start(workspace, upload)
    assert (done.status, done.success_count) == ("completed", 2)
    assert sorted(found(workspace, "things")) == ["A", "B", "C", "D"]


def test_a_trial_goes_on_though_its_job_cannot_be_kept(
    workspace: Caller, upload: ImportUpload, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On SQLite nobody else can write while a trial is at work.
    monkeypatch.setattr(job_runs, "LEASE", timedelta(microseconds=100))
    assert start(workspace, upload, dry_run=True).status == "completed"


def test_plans_are_those_of_ones_own_imports(
    workspace: Caller, upload: ImportUpload, things: list[str]
) -> None:
    second = make_member(
        workspace, "second@example.com", {"things": {"view": "all", "remove": "all"}}
    )
    tried = start(workspace, upload, dry_run=True)
    archived = start_bulk_archive(workspace.author, workspace.schema("things"), things[:1])

    assert isinstance(refusal(find_plan, second.author, tried.uuid), NotFound)
    assert isinstance(refusal(find_plan, workspace.author, archived.uuid), NotFound)


def test_the_job_of_a_long_file_counts_its_rows(
    workspace: Caller,
    things: list[str],
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(limits, "SURVEY_ROWS", 2)
    content = b"Name,Note\n" + b"".join(b"E%d,new\n" % at for at in range(5))
    schema = workspace.schema("things")
    upload = store_upload(workspace.author, schema, "a.csv", [content])

    waiting = start(workspace, upload)
    assert (waiting.status, waiting.total, waiting.pending_count) == ("pending", 0, 0)
    work()
    done = get_job(workspace.author, waiting.uuid)
    assert (done.status, done.total, done.success_count) == ("completed", 5, 5)
    assert get_upload(workspace.author, schema, str(upload.uuid)).row_count == 5


def test_what_is_wrong_far_down_a_long_file_fails_its_job(
    workspace: Caller,
    things: list[str],
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(limits, "SURVEY_ROWS", 2)
    monkeypatch.setattr(limits, "MAX_ROWS", 4)
    content = b"Name,Note\n" + b"".join(b"E%d,new\n" % at for at in range(5))
    upload = store_upload(workspace.author, workspace.schema("things"), "a.csv", [content])

    waiting = start(workspace, upload)
    work()
    failed = get_job(workspace.author, waiting.uuid)
    assert (failed.status, failed.failures[0]["code"]) == ("failed", "job_failed")
    assert "at most 4 rows. Split the file" in failed.failures[0]["detail"]
    # Only an import that somebody cancelled gives its file up.
    assert ImportUpload.objects.filter(id=upload.pk).exists()
    assert sorted(found(workspace, "things")) == ["A", "B", "C"]


@pytest.mark.parametrize(("begins_at", "kept"), [(0, False), (1, True)])
def test_the_file_of_an_import_that_is_cancelled_before_it_begins_goes(
    workspace: Caller, upload: ImportUpload, begins_at: int, kept: bool
) -> None:
    object_id = workspace.schema("things").id
    parameters = {"upload": upload.pk}
    waiting = start_job(workspace.author, IMPORT, object_id, parameters, 2, inline=False)
    # Where it has begun, it can be started again from its file.
    Job.objects.filter(uuid=waiting.uuid).update(position=begins_at)

    cancel_job(workspace.author, waiting.uuid)

    assert ImportUpload.objects.filter(id=upload.pk).exists() is kept
    assert Job.objects.get(uuid=waiting.uuid).parameters == parameters


def test_an_import_whose_file_cannot_be_removed_is_not_cancelled(
    workspace: Caller, upload: ImportUpload
) -> None:
    def away(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if sql.startswith("DELETE"):
            raise OperationalError("The database is away.")
        return execute(sql, params, many, context)

    object_id = workspace.schema("things").id
    waiting = start_job(workspace.author, IMPORT, object_id, {"upload": upload.pk}, 2, inline=False)
    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        cancel_job(workspace.author, waiting.uuid)
    # The worker that takes it will find that it is to stop.
    asked = get_job(workspace.author, waiting.uuid)
    assert (asked.status, asked.cancel_asked) == ("pending", True)


@pytest.mark.parametrize(("done", "kept"), [(0, False), (1, True)])
def test_an_import_that_is_cancelled_at_work_keeps_its_file_if_it_has_stored_rows(
    workspace: Caller,
    upload: ImportUpload,
    monkeypatch: pytest.MonkeyPatch,
    done: int,
    kept: bool,
) -> None:
    def do(author: Author, job: Job, beat: Beat) -> Step:
        if done:
            beat(done)
        cancel_job(author, str(job.uuid))
        beat(done + 1)
        raise AssertionError("not stopped")

    monkeypatch.setitem(long_kinds._items, "test_import", do)
    object_id = workspace.schema("things").id
    cancelled = start_job(workspace.author, "test_import", object_id, {"upload": upload.pk}, 2)

    assert cancelled.status == "cancelled"
    assert ImportUpload.objects.filter(id=upload.pk).exists() is kept


def test_the_file_of_an_import_that_is_done_can_be_imported_again(
    workspace: Caller, upload: ImportUpload
) -> None:
    assert start(workspace, upload).status == "completed"
    assert ImportUpload.objects.filter(id=upload.pk).exists()
