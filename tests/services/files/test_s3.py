"""The same files in an S3-compatible storage, served by moto on a socket of its own."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from records.services.files.attachments import (
    attach_file,
    delete_attachment,
    get_url,
    list_attachments,
    open_download,
)
from records.services.operations.lifecycle import delete_permanently
from records.services.reading.file_links import PATH
from records.services.reading.record_address import address
from records.services.retention.stores import clear_orphans
from tests.conftest import BUCKET
from tests.factories import Caller, make_object, make_record


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_files_live_in_a_bucket(
    workspace: Caller,
    bucket: Any,
    s3: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    make_object(workspace, "People")
    author, schema = workspace.author, workspace.schema("people")
    where = address(make_record(workspace, "people", name="Ann").record.uuid)
    big = bytes(range(256)) * 40_000  # more than one part

    def put(name: str, content: bytes) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            attach_file(author, schema, where, name, None, io.BytesIO(content), len(content))

    put("docs/big.bin", big)
    put("small.txt", b"old")
    put("small.txt", b"new!")
    assert sorted(bucket().values()) == [4, len(big)]
    token = get_url(author, schema, where, "docs/big.bin").path.removeprefix(PATH)
    with open_download(token).file as file:
        assert file.read() == big
    with django_capture_on_commit_callbacks(execute=True):
        delete_attachment(author, schema, where, "docs/big.bin")
    assert [row.name for row in list_attachments(author, schema, where)] == ["small.txt"]
    orphan = f"attachments/{author.workspace.uuid}/{where.uuid}/orphan"
    s3.put_object(Bucket=BUCKET, Key=orphan, Body=b"x")
    assert clear_orphans(timezone.now() + timedelta(minutes=1)) == 1
    assert list(bucket().values()) == [4]
    with django_capture_on_commit_callbacks(execute=True):
        delete_permanently(author, schema, where)
    assert bucket() == {}
