"""What every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import storages
from pytest_django import Settings

from records.services.directory import forget_everything

from .api_client import ApiClient
from .factories import Caller, make_workspace

BUCKET = "records-files"


@pytest.fixture(autouse=True)
def _nothing_compiled() -> Iterator[None]:
    """Primary keys and versions begin anew with each test, so what was compiled in the last one is wrong."""
    forget_everything()
    yield
    forget_everything()


@pytest.fixture
def workspace(db: None) -> Caller:
    """A workspace in Paris, as its admin."""
    return make_workspace(time_zone="Europe/Paris")


@pytest.fixture
def api(workspace: Caller) -> ApiClient:
    """The Records API, called by the workspace's admin."""
    return ApiClient(workspace)


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
    for row in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=row["Key"])
    storage_used: Any = storages["default"]
    storage_used.connection.meta.client.close()
