"""A real server on a database of its own, for the tests that need real processes and real
sockets."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import SplitResult, urlsplit

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from .calling import Address

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
STOP_SECONDS = 40


@dataclass(frozen=True)
class Site:
    """A server that answers at `address`, and what is in its workspace: the ids of objects, fields
    and records."""

    address: Address
    environment: Mapping[str, str]
    process: subprocess.Popen[str]
    ids: Mapping[str, str]

    def differences(self) -> str:
        """What `check_records` prints of the site's database; nothing when all is well."""
        found = subprocess.run(
            [*MANAGE, "check_records"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return "" if found.returncode == 0 else found.stdout + found.stderr

    def workers(self) -> list[int]:
        """The processes that answer; the first process only watches over them."""
        return [pid for pid in self._children() if not _runs_jobs(pid)]

    def job_worker(self) -> int | None:
        """The process that runs jobs, if there is one just now."""
        return next((pid for pid in self._children() if _runs_jobs(pid)), None)

    def _children(self) -> list[int]:
        """Whichever of its threads started them."""
        listed = []
        for each in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):  # the thread has ended since
                listed.append(each.read_text())
        return [int(pid) for pid in " ".join(listed).split()]


def _runs_jobs(pid: int) -> bool:
    try:
        return b"\0worker\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextlib.contextmanager
def site(
    folder: Path, *options: str, errors: IO[str] | None = None, **variables: str
) -> Iterator[Site]:
    """A site that exists until the block ends, on the engine under test; `variables` are its
    environment's."""
    with (
        own_provided(folder, **variables) as database,
        database.serving(*options, errors=errors) as started,
    ):
        yield started


@contextlib.contextmanager
def site_on(
    url: str, *options: str, errors: IO[str] | None = None, **variables: str
) -> Iterator[Site]:
    """A site on this empty database; its log goes to `errors`."""
    with provided(url, **variables).serving(*options, errors=errors) as started:
        yield started


@dataclass(frozen=True)
class Provided:
    """A database with something in it, which any number of servers may serve, one after the
    other."""

    environment: Mapping[str, str]
    headers: Mapping[str, str]
    ids: Mapping[str, str]

    @contextlib.contextmanager
    def serving(self, *options: str, errors: IO[str] | None = None) -> Iterator[Site]:
        """A site that exists until the block ends; its log goes to `errors`."""
        address = Address("127.0.0.1", free_port(), tuple(self.headers.items()))
        with serving(self.environment, address, *options, errors=errors) as process:
            yield Site(address, self.environment, process, self.ids)


def provided(url: str, **variables: str) -> Provided:
    """Put a workspace into this empty database; `variables` are the environment's of its servers
    too."""
    printed = json.loads(_provision(environment_on(url, **variables)))
    return Provided(environment_on(url, **variables), printed["headers"], printed["ids"])


def environment_on(url: str, **variables: str) -> dict[str, str]:
    """The environment of processes on this database."""
    return {**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": url, **variables}


def _provision(environment: Mapping[str, str]) -> str:
    made = subprocess.run(
        [sys.executable, "-m", "tests.provision"],
        env=environment,
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return made.stdout


@contextlib.contextmanager
def own_provided(folder: Path, **variables: str) -> Iterator[Provided]:
    """A database with a workspace, on the engine under test: a copy of one that is made once in a
    run, since migrating takes ten seconds."""
    model, printed = _model()
    with own_database(folder, model) as url:
        yield Provided(environment_on(url, **variables), printed["headers"], printed["ids"])


def _model() -> tuple[str, dict[str, dict[str, str]]]:
    """The database that others are copied from, a file's path or a name, and what was printed when
    it was made. The first process to ask makes it."""
    run = Path(os.environ["RECORDS_TEST_RUN"])
    made = run / f"{connection.vendor}.json"
    model = _model_name(run)
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            if connection.vendor == "postgresql":
                create_database(model, "template0")
            made.write_text(_provision(environment_on(_url_of(model))))
    return model, json.loads(made.read_text())


def _model_name(run: Path) -> str:
    if connection.vendor == "sqlite":
        return str(run / "model.sqlite3")
    return f"{_under_test().path.strip('/')}_{run.name}"


def forget_model(run: Path) -> None:
    """Remove what a run of the tests copied its databases from."""
    if (run / "postgresql.json").exists():
        drop_database(_model_name(run))
    shutil.rmtree(run)


@contextlib.contextmanager
def own_database(folder: Path, model: str = "") -> Iterator[str]:
    """The URL of a database: a file in `folder`, or one in the PostgreSQL under test; empty, or a
    copy of `model`."""
    if connection.vendor == "sqlite":
        file = folder / "records.sqlite3"
        if model:
            shutil.copyfile(model, file)
        yield _url_of(str(file))
        return
    name = f"{_under_test().path.strip('/')}_served_{secrets.token_hex(4)}"
    create_database(name, model or "template0")
    try:
        yield _url_of(name)
    finally:
        drop_database(name)


def _under_test() -> SplitResult:
    return urlsplit(os.environ["DATABASE_URL"])


def _url_of(name: str) -> str:
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return _under_test()._replace(path=f"/{name}").geturl()


def create_database(name: str, model: str) -> None:
    """Create a database in the PostgreSQL under test."""
    with _administered() as cluster:
        cluster.execute(
            sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(model)
            )
        )


def drop_database(name: str) -> None:
    """Drop a database of the PostgreSQL under test, whoever is connected to it."""
    with _administered() as cluster:
        cluster.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _administered() -> psycopg.Connection[Any]:
    return psycopg.connect(_url_of("postgres"), autocommit=True)


@contextlib.contextmanager
def serving(
    environment: Mapping[str, str],
    address: Address,
    *options: str,
    manage: Sequence[str] = MANAGE,
    errors: IO[str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """`manage.py serve`, from its first answer on; no process of it outlives the block."""
    command = [*manage, "serve", "--host", address.host, "--port", str(address.port), *options]
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            announced = process.stdout.readline()
            assert announced.startswith("Serving Records at "), announced
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
