"""What every test may use."""

from __future__ import annotations

import contextlib
import gc
import os
import sqlite3
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.backends.sqlite3.base import DatabaseWrapper as SqliteWrapper
from pytest_django import Settings

from records.services.access.rate_limits import forget_counts
from records.services.catalogue.directory import forget_everything

from .api_client import ApiClient
from .databases import forget_models, migrated_model
from .factories import Caller, make_workspace
from .receiving import Receiver, receiving

BUCKET = "records-files"
# The same examples everywhere, however busy the machine is.
hypothesis.settings.register_profile("records", deadline=None, derandomize=True)
hypothesis.settings.load_profile("records")


def pytest_configure(config: pytest.Config) -> None:
    """Give the processes of one run a folder for what they share, and each a data folder of its own:
    no test sees the files of another's, nor those of a product that runs in this checkout."""
    if not hasattr(config, "workerinput"):
        os.environ["RECORDS_TEST_RUN"] = tempfile.mkdtemp(prefix="records_run_")
    settings.DATA_DIR = Path(tempfile.mkdtemp(prefix="data_", dir=os.environ["RECORDS_TEST_RUN"]))
    settings.MEDIA_ROOT = str(settings.DATA_DIR / "media")


def pytest_collection_finish() -> None:
    """Let the collector leave thousands of collected tests alone, which stay, as the server does with
    what it has loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing of a run behind."""
    if not hasattr(config, "workerinput"):
        forget_models(Path(os.environ["RECORDS_TEST_RUN"]))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Let the tests' database be a copy of one that was migrated once for all processes of a run,
    which leaves Django's set-up nothing to migrate."""
    model = migrated_model()
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = model
        vars(connection.ops)["sql_flush"] = partial(_delete_all, connection.ops.sql_flush)
        yield
        return
    creation: Any = connection.creation
    # It is in memory, and gone with its last connection.
    with contextlib.closing(sqlite3.connect(creation._get_test_db_name(), uri=True)) as kept:
        with contextlib.closing(sqlite3.connect(model)) as source:
            source.backup(kept)
        yield


def _delete_all(
    truncate: Callable[..., list[str]], style: Any, tables: Sequence[str], **options: Any
) -> list[str]:
    """What empties the tables after a test that commits: to truncate fifty of them, with their
    indexes, takes PostgreSQL a second, however little is in them."""
    if options.get("reset_sequences"):
        return truncate(style, tables, **options)
    return [f"DELETE FROM {connection.ops.quote_name(name)}" for name in tables]


@pytest.fixture(autouse=True)
def _nothing_compiled() -> Iterator[None]:
    """Primary keys, versions and counts begin anew with each test, so what was compiled or counted
    in the last one is wrong."""
    forget_everything()
    forget_counts()
    yield
    forget_everything()
    forget_counts()


@pytest.fixture(autouse=True)
def _no_connection_lost() -> Iterator[None]:
    """A connection that a thread leaves open, or that takes the place of the test's own, is closed
    whenever it happens to be collected, and fails the test that runs then."""
    own = connections["default"]
    opened: list[weakref.ref[BaseDatabaseWrapper]] = []

    def note(sender: object, connection: BaseDatabaseWrapper, **_: object) -> None:
        opened.append(weakref.ref(connection))

    connection_created.connect(note)
    yield
    connection_created.disconnect(note)
    assert connections["default"] is own
    others = {id(each): each for reference in opened if (each := reference()) and each is not own}
    left_open = [each for each in others.values() if each.connection is not None]
    # Django never closes a database in memory: it would be gone.
    assert [each.alias for each in left_open if not _is_in_memory(each)] == []


def _is_in_memory(connection: BaseDatabaseWrapper) -> bool:
    return isinstance(connection, SqliteWrapper) and connection.is_in_memory_db()


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
    keys = {
        "aws_access_key_id": "key",
        "aws_secret_access_key": "secret",
        "region_name": "us-east-1",
    }
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
    yield lambda: {
        row["Key"]: row["Size"] for row in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    }
    for row in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=row["Key"])
    storage_used: Any = storages["default"]
    storage_used.connection.meta.client.close()


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """A receiver of webhooks that the operator has opened."""
    with receiving() as started:
        settings.EXTERNAL_ALLOWED_HOSTS = [started.host]
        yield started
