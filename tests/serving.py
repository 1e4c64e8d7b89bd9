"""A real server on a database of its own, for the tests that need real processes and real sockets."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from .calling import Address

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
STOP_SECONDS = 40


@dataclass(frozen=True)
class Site:
    """A server that answers at `address`, and what is in its workspace: the ids of objects, fields and records."""

    address: Address
    environment: Mapping[str, str]
    process: subprocess.Popen[str]
    ids: Mapping[str, str]

    def differences(self) -> str:
        """What `check_records` prints of the site's database; nothing when all is well."""
        found = subprocess.run(
            [*MANAGE, "check_records"], env=self.environment, capture_output=True, text=True, check=False
        )
        return "" if found.returncode == 0 else found.stdout + found.stderr

    def workers(self) -> list[int]:
        """The processes that answer; the first process only watches over them."""
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=True
        )
        return [pid for pid in map(int, listed.stdout.split()) if not _runs_jobs(pid)]

    def job_worker(self) -> int | None:
        """The process that runs jobs, if there is one just now."""
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=True
        )
        return next((pid for pid in map(int, listed.stdout.split()) if _runs_jobs(pid)), None)


def _runs_jobs(pid: int) -> bool:
    try:
        return b"\0worker\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextlib.contextmanager
def site(folder: Path, *options: str, **variables: str) -> Iterator[Site]:
    """A site that exists until the block ends, on the engine under test; `variables` are its environment's."""
    with own_database(folder) as url, site_on(url, *options, **variables) as started:
        yield started


@contextlib.contextmanager
def site_on(url: str, *options: str, **variables: str) -> Iterator[Site]:
    """A site on this empty database."""
    environment = {**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": url, **variables}
    made = subprocess.run(
        [sys.executable, "-m", "tests.provision"],
        env=environment,
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    provided = json.loads(made.stdout)
    address = Address("127.0.0.1", free_port(), tuple(provided["headers"].items()))
    with serving(environment, address, *options) as process:
        yield Site(address, environment, process, provided["ids"])


@contextlib.contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """The URL of an empty database: a file in `folder`, or one in the PostgreSQL under test."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'records.sqlite3'}"
        return
    under_test = urlsplit(os.environ["DATABASE_URL"])
    name = f"{under_test.path.strip('/')}_served_{secrets.token_hex(4)}"
    named = sql.Identifier(name)
    administered = under_test._replace(path="/postgres").geturl()
    with psycopg.connect(administered, autocommit=True) as cluster:
        cluster.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(named))
    try:
        yield under_test._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(administered, autocommit=True) as cluster:
            cluster.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))


@contextlib.contextmanager
def serving(
    environment: Mapping[str, str], address: Address, *options: str, manage: Sequence[str] = MANAGE
) -> Iterator[subprocess.Popen[str]]:
    """`manage.py serve`, from its first answer on; no process of it outlives the block."""
    command = [*manage, "serve", "--host", address.host, "--port", str(address.port), *options]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            announced = process.stdout.readline()
            assert announced.startswith("Serving Records at "), announced
            with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as visitor:
                visitor.get(f"http://{address.host}:{address.port}/healthz").raise_for_status()
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=STOP_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port
