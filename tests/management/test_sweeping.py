"""What the sweepers take, and what they leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from records.models import ImportUpload, Job, RateCount
from records.services.importing.uploads import store_upload
from records.services.jobs.import_jobs import start_import
from records.services.jobs.job_runs import cancel_job
from records.services.retention.stores import (
    REPORTS_KEPT,
    UPLOADS_KEPT,
    clear_orphans,
    sweep_stores,
)
from tests.databases import own_database
from tests.factories import Caller, make_object
from tests.working import work

SOON = timedelta(seconds=5)
SMALL = "name\nAnn\na,b\n"
BIG = "name\n" + "".join(f"{at}\n" for at in range(200))


@pytest.fixture
def people(workspace: Caller, settings: Settings, tmp_path: Path) -> Caller:
    settings.MEDIA_ROOT = str(tmp_path)
    make_object(workspace, "People")
    return workspace


def send(caller: Caller, text: str) -> ImportUpload:
    return store_upload(caller.author, caller.schema("people"), "people.csv", [text.encode()])


def sweep(now: datetime, capture: DjangoCaptureOnCommitCallbacks) -> dict[str, int]:
    with capture(execute=True):
        return sweep_stores(now)


def test_an_upload_that_nobody_imports_goes_after_a_day(
    people: Caller, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    upload = send(people, SMALL)
    assert sweep(timezone.now(), django_capture_on_commit_callbacks)["uploads"] == 0
    assert default_storage.exists(str(upload.file.name))

    assert (
        sweep(timezone.now() + UPLOADS_KEPT + SOON, django_capture_on_commit_callbacks)["uploads"]
        == 1
    )
    assert not default_storage.exists(str(upload.file.name))
    assert not ImportUpload.objects.filter(workspace=people.workspace).exists()


def test_an_upload_stays_while_a_job_waits_to_import_it(
    people: Caller, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    upload = send(people, BIG)
    job = start_import(people.author, people.schema("people"), upload)
    late = timezone.now() + UPLOADS_KEPT + SOON
    assert (job.status, sweep(late, django_capture_on_commit_callbacks)["uploads"]) == (
        "pending",
        0,
    )
    work()
    assert sweep(timezone.now(), django_capture_on_commit_callbacks)["uploads"] == 0
    assert sweep(late + UPLOADS_KEPT, django_capture_on_commit_callbacks)["uploads"] == 1


def test_cancelling_an_import_that_never_began_removes_its_file_at_once(
    people: Caller, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    upload = send(people, BIG)
    schema = people.schema("people")
    first, second = (start_import(people.author, schema, upload) for _ in range(2))
    with django_capture_on_commit_callbacks(execute=True):
        cancel_job(people.author, first.uuid)
    assert default_storage.exists(str(upload.file.name))  # the other one needs it

    with django_capture_on_commit_callbacks(execute=True):
        assert cancel_job(people.author, second.uuid).status == "cancelled"
    assert not default_storage.exists(str(upload.file.name))
    assert not ImportUpload.objects.filter(workspace=people.workspace).exists()


def test_reports_of_imports_go_after_a_month_and_the_counts_stay(
    people: Caller, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    done = start_import(people.author, people.schema("people"), send(people, SMALL))
    report = done.result["report"]
    sweep(timezone.now() + REPORTS_KEPT - SOON, django_capture_on_commit_callbacks)
    assert default_storage.exists(report)

    sweep(timezone.now() + REPORTS_KEPT + SOON, django_capture_on_commit_callbacks)
    assert not default_storage.exists(report)
    job = Job.objects.get(workspace=people.workspace)
    assert (job.failures, job.parameters, job.failed_count) == ([], {}, 1)
    assert job.result["created"] == 1
    assert "report" not in job.result


def test_orphans_of_imports_are_found_and_nothing_else(
    people: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    done = start_import(people.author, people.schema("people"), send(people, SMALL))
    kept = {
        str(ImportUpload.objects.get(workspace=people.workspace).file.name),
        done.result["report"],
    }
    folder = f"imports/{people.workspace.uuid}"
    others = [
        default_storage.save(name, ContentFile(b"x"))
        for name in ("imports/elsewhere/x.csv", "x.csv")
    ]
    orphans = [
        default_storage.save(f"{folder}/{name}", ContentFile(b"x"))
        for name in ("left.csv", f"{done.uuid}.errors.csv")
    ]
    call_command("clear_orphan_files")
    assert "0 files" in capsys.readouterr().out

    assert clear_orphans(timezone.now() + SOON) == len(orphans)
    assert [name for name in orphans if default_storage.exists(name)] == []
    assert all(default_storage.exists(name) for name in [*kept, *others])


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps no such log")
def test_a_deletion_waits_for_nobody_who_reads_the_database(tmp_path: Path) -> None:
    with own_database(tmp_path, "tables") as url:
        environment = {**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": url}
        command = [sys.executable, "-m", "tests.management.reading_while_deleting"]
        done = subprocess.run(
            command,
            env=environment,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["seconds"] < 10  # a connection that waits does so for 30
    assert seen["patience"] == 30_000
    assert seen["log while read"] > 0
    assert seen["log after a sweep"] == 0


@pytest.mark.django_db
def test_counts_go_when_their_time_is_over() -> None:
    now = timezone.now()
    for name, seconds in (("over", -1), ("in force", 60)):
        RateCount.objects.create(key=name, count=1, ends_at=now.timestamp() + seconds)
    assert sweep_stores(now)["counts for limits"] == 1
    assert [row.key for row in RateCount.objects.all()] == ["in force"]
