"""A real server on a database of its own, for the tests that need real processes and real
sockets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .calling import Address
from .databases import MANAGE, environment_on, own_database, provision, provisioned

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
    """A site on this database, which has its tables; its log goes to `errors`."""
    database = _provided(url, provision(url), variables)
    with database.serving(*options, errors=errors) as started:
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


def _provided(url: str, printed: str, variables: Mapping[str, str]) -> Provided:
    told = json.loads(printed)
    return Provided(environment_on(url, **variables), told["headers"], told["ids"])


@contextlib.contextmanager
def own_provided(folder: Path, **variables: str) -> Iterator[Provided]:
    """A database with a workspace, on the engine under test."""
    with own_database(folder, "workspace") as url:
        yield _provided(url, provisioned(), variables)


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
