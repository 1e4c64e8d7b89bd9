"""The same files in an S3-compatible storage, served by moto on a socket of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from records.services.attachments import (
    attach_file,
    delete_attachment,
    get_url,
    list_attachments,
    open_download,
)
from records.services.file_links import PATH
from records.services.lifecycle import address, delete_permanently
from records.services.stores import clear_orphans
from tests.factories import Caller, make_object, make_record

BUCKET = "records-files"


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A server that speaks S3, and a client of it."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys)
    client.create_bucket(Bucket=BUCKET)
    yield client
    client.close()
    server.stop()


@pytest.fixture
def bucket(s3: Any, settings: Settings) -> Any:
    """Our storage is a bucket there; what it holds, by name."""
    options = {
        "bucket_name": BUCKET,
        "region_name": "us-east-1",
        "endpoint_url": s3.meta.endpoint_url,
        "access_key": "key",
        "secret_key": "secret",
        "default_acl": None,
        "file_overwrite": False,
    }
    storage = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    yield lambda: {row["Key"]: row["Size"] for row in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}
    storage_used: Any = storages["default"]
    storage_used.connection.meta.client.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_files_live_in_a_bucket(
    workspace: Caller, bucket: Any, s3: Any, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
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
