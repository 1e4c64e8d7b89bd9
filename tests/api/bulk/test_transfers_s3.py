"""Imports whose files are in an S3-compatible storage."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from records.services.importing.uploads import store_upload
from records.services.jobs.import_jobs import start_import
from records.services.jobs.job_runs import open_report
from records.services.retention.stores import clear_orphans
from tests.conftest import BUCKET
from tests.factories import Caller, make_object


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_imports_keep_their_files_and_reports_in_the_bucket(
    workspace: Caller, bucket: Any, s3: Any
) -> None:
    make_object(workspace, "People")
    schema = workspace.schema("people")
    upload = store_upload(workspace.author, schema, "people.csv", [b"name\nAnn\nBo,x\n"])
    done = start_import(workspace.author, schema, upload)
    assert (done.result["created"], done.failed_count, len(done.failures)) == (1, 1, 1)
    with open_report(workspace.author, done.uuid) as report:
        assert report.read().decode().splitlines()[1].startswith("3,")
    orphan = f"imports/{workspace.workspace.uuid}/left.csv"
    s3.put_object(Bucket=BUCKET, Key=orphan, Body=b"x")
    assert clear_orphans(timezone.now() + timedelta(minutes=1)) == 1
    assert sorted(bucket()) == sorted([str(upload.file.name), done.result["report"]])
