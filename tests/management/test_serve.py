"""`manage.py serve` starts where it can, says what is in its way where it cannot, and stops when told to."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from records.management.commands import serve

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.django_db
def test_a_taken_port_is_refused(taken_port: int) -> None:
    with pytest.raises(CommandError, match="Address already in use"):
        call_command("serve", port=taken_port)


@pytest.mark.django_db
def test_a_database_that_is_behind_is_refused() -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")

    with pytest.raises(CommandError, match="1 migration\\(s\\) behind"):
        call_command("serve", port=free_port())


@pytest.mark.parametrize("option", ["--port=0", "--port=65536", "--port=x", "--workers=-1", "--threads=0"])
def test_a_number_that_makes_no_sense_is_refused(option: str) -> None:
    with pytest.raises(CommandError):
        call_command("serve", option)


def test_sqlite_gets_one_process_and_postgres_one_for_each_core() -> None:
    cores = len(os.sched_getaffinity(0))

    assert serve.default_workers() == (1 if connection.vendor == "sqlite" else cores)


@pytest.fixture
def environment(tmp_path: Path, transactional_db: None) -> dict[str, str]:
    """The environment of a server on a migrated database of its own, on the engine under test."""
    environment = {**os.environ, "RECORDS_ENV": "demo"}
    if connection.vendor == "sqlite":
        environment["DATABASE_URL"] = f"sqlite:///{tmp_path / 'db.sqlite3'}"
        subprocess.run([*MANAGE, "migrate", "--verbosity", "0"], env=environment, check=True)
    else:
        address = urlsplit(os.environ["DATABASE_URL"])
        environment["DATABASE_URL"] = address._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return environment


@contextmanager
def serving(environment: dict[str, str], *options: str) -> Iterator[subprocess.Popen[str]]:
    """A server with these options, which does not outlive the test."""
    command = [*MANAGE, "serve", *options]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        try:
            yield server
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)


def test_its_processes_answer_until_they_are_told_to_stop(environment: dict[str, str]) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"

    with serving(environment, "--port", str(port), "--workers", "2") as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith(f"Serving Records at {address}/ ")
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as visitor, ThreadPoolExecutor(8) as pool:
            visitor.get(f"{address}/healthz")
            answers = list(pool.map(visitor.get, [f"{address}/healthz"] * 200))
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
    assert {answer.text for answer in answers} == {"ok"}
