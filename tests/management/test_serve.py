"""`manage.py serve` starts where it can, says what is in its way where it cannot, and stops when
told to."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from records.management.commands import serve
from records.management.serving.web_server import Respawns
from tests.serving import own_provided

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
def test_a_taken_port_is_refused_and_the_message_says_how_to_choose_another(
    taken_port: int,
) -> None:
    with pytest.raises(
        CommandError, match=r"Address already in use\. Choose another port with --port"
    ):
        call_command("serve", port=taken_port)


@pytest.mark.django_db
def test_a_database_that_is_behind_is_refused() -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")

    with pytest.raises(CommandError, match="1 migration\\(s\\) behind"):
        call_command("serve", port=free_port())


@pytest.mark.parametrize(
    "option", ["--port=0", "--port=65536", "--port=x", "--workers=-1", "--threads=0"]
)
def test_a_number_that_makes_no_sense_is_refused(option: str) -> None:
    with pytest.raises(CommandError):
        call_command("serve", option)


def test_sqlite_gets_one_process_and_postgres_one_for_each_core() -> None:
    cores = len(os.sched_getaffinity(0))

    assert serve.default_workers() == (1 if connection.vendor == "sqlite" else cores)


@pytest.fixture
def environment(tmp_path: Path, django_db_setup: None) -> Iterator[dict[str, str]]:
    """The environment of a server on a migrated database of its own, on the engine under test."""
    with own_provided(tmp_path, RECORDS_ENV="demo") as database:
        yield dict(database.environment)


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
        with httpx.Client() as visitor, ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(visitor.get, [f"{address}/healthz"] * 200))
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
    assert {answer.text for answer in answers} == {"ok"}


def web_processes(server: int) -> set[int]:
    """The processes that answer: the children of the server that are forks of it."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    command = Path(f"/proc/{server}/cmdline").read_bytes()
    return {
        int(child) for child in children if Path(f"/proc/{child}/cmdline").read_bytes() == command
    }


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does; a minute at most."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        os.sched_yield()


def test_the_address_is_printed_when_it_answers(environment: dict[str, str]) -> None:
    port = free_port()

    with serving(environment, "--port", str(port), "--workers", "1", "--no-worker") as server:
        assert server.stdout is not None
        server.stdout.readline()
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").text == "ok"


def test_killed_web_processes_are_replaced_and_the_others_answer_meanwhile(
    environment: dict[str, str],
) -> None:
    port = free_port()

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30).text == "ok"
        except httpx.TransportError:  # the killed process had taken the connection
            return False

    with serving(environment, "--port", str(port), "--workers", "2", "--no-worker") as server:
        until(answers)
        stays, *_ = sorted(web_processes(server.pid))
        for _ in range(3):  # the second within 5.5 s of the first replacement
            (other,) = web_processes(server.pid) - {stays}
            os.kill(other, signal.SIGKILL)
            until(lambda gone=other: gone not in web_processes(server.pid))  # type: ignore[misc]
            until(answers)
            until(lambda: len(web_processes(server.pid)) == 2)
        assert server.poll() is None
        assert stays in web_processes(server.pid)
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=90) == 0  # a process that is still starting is killed after 30 s


def test_a_server_none_of_whose_processes_can_start_ends_with_a_status(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import multiprocessing.process as p\n"
        "run = p.BaseProcess._bootstrap\n"
        "p.BaseProcess._bootstrap = lambda self, *a, **k: __import__('os')._exit(3)\n"
    )
    broken = {**environment, "PYTHONPATH": str(tmp_path)}

    with serving(broken, "--port", str(free_port()), "--workers", "2", "--no-worker") as server:
        assert server.wait(timeout=60) == 1
        assert server.stdout is not None
        assert server.stdout.read() == ""  # it never answered, so it never said where


@pytest.mark.parametrize(
    ("lives", "pauses"),
    [
        ([1, 1, 1, 1, 1, 1, 1, 1], [0.5, 1, 2, 4, 8, 16, 30, 30]),
        ([1, 1, 61, 1], [0.5, 1, 0.5, 1]),  # it had recovered
    ],
)
def test_pauses_grow_until_a_process_lives_for_a_while(
    lives: list[float], pauses: list[float]
) -> None:
    respawns = Respawns()

    assert [respawns.note_death(0, born=0, now=lived) for lived in lives] == pauses


def test_one_process_that_keeps_dying_does_not_delay_another() -> None:
    respawns = Respawns()
    for _ in range(5):
        respawns.note_death(0, born=0, now=1)
    respawns.note_death(1, born=0, now=1)

    assert respawns.wait(now=1) == 0.5
    assert respawns.take_due(now=1.5) == [1]
    assert respawns.take_due(now=9) == [0]
    assert respawns.wait(now=9) is None
