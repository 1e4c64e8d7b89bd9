"""The processes of a server are killed, reloaded and told to stop, one way and another, while it is
in use."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.serving import Provided, Site, own_provided

from .test_worker_away import ROWS, client_of, finished, job_of, start_import, until

ADDED = b"HTTP/1.1 200 "
KILLS = 20


@dataclass
class Visitors:
    """Clients that open a connection for each request; what happened to those that were not
    answered with 200."""

    site: Site
    answered: int = 0
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def busy(self) -> Iterator[None]:
        end = threading.Event()
        threads = [threading.Thread(target=self._visit, args=(end,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            end.set()
            for thread in threads:
                thread.join()

    def more(self) -> Callable[[], bool]:
        """A question: have there been ten answers since now?"""
        enough = self.answered + 10
        return lambda: self.answered >= enough

    def _visit(self, end: threading.Event) -> None:
        while not end.is_set():
            try:
                httpx.get(f"{base(self.site)}/healthz", timeout=120).raise_for_status()
                self.answered += 1
            except httpx.HTTPError as problem:
                self.failures.append(f"{type(problem).__name__}: {problem}")


def base(of: Site) -> str:
    return f"http://{of.address.host}:{of.address.port}"


@dataclass
class HalfSent:
    """A write whose processing has begun, and which waits for the rest of its body."""

    connection: socket.socket
    rest: bytes

    def finish(self) -> bytes:
        """Send the rest; return the beginning of the answer."""
        self.connection.sendall(self.rest)
        return self.answer()

    def answer(self) -> bytes:
        """The beginning of the answer; nothing where the connection was cut."""
        with suppress(ConnectionError):
            return self.connection.recv(1000)
        return b""


@contextmanager
def half_sent(to: Site) -> Iterator[HalfSent]:
    body = json.dumps({"fields": [{"name": "name", "value": f"Half sent {uuid4()}"}]}).encode()
    headers = "".join(
        f"{name}: {value}\r\n"
        for name, value in to.address.headers
        if name.lower() != "content-type"
    )
    head = (
        f"POST /api/records/companies/add HTTP/1.1\r\nHost: {to.address.host}\r\n{headers}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: "
        "100-continue\r\n\r\n"
    )
    with socket.create_connection((to.address.host, to.address.port), timeout=60) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(body[:10])
        yield HalfSent(connection, body[10:])


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if state_of(pid) not in ("", "Z")}


def state_of(pid: int) -> str:
    """R, S, T, Z …; nothing where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Provided]:
    with own_provided(tmp_path_factory.mktemp("here")) as database:
        yield database


def test_a_reload_replaces_every_web_process_and_refuses_nobody(here: Provided) -> None:
    with here.serving("--workers", "2", "--no-worker") as served:
        visitors = Visitors(served)
        for _ in range(3):
            old = set(served.workers())
            with visitors.busy(), half_sent(served) as waiting:
                served.process.send_signal(signal.SIGHUP)
                until(lambda old=old: len(alive(set(served.workers()) - old)) == 2)  # type: ignore[misc]
                until(lambda old=old: len(alive(old)) == 1)  # type: ignore[misc]
                until(visitors.more())
                assert waiting.finish().startswith(ADDED)
                until(lambda old=old: not alive(old))  # type: ignore[misc]
        assert visitors.failures == []
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=60) == 0


def test_a_reload_hears_those_out_who_came_before_and_have_said_nothing_yet(
    here: Provided, capfd: pytest.CaptureFixture[str]
) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with here.serving("--workers", "2", "--no-worker") as served, ExitStack() as connections:
        silent = [
            connections.enter_context(
                socket.create_connection((served.address.host, served.address.port), timeout=60)
            )
            for _ in range(20)
        ]
        for _ in range(20):  # those who came later are in, so these are too
            httpx.get(f"{base(served)}/healthz", timeout=120).raise_for_status()
        old = set(served.workers())
        served.process.send_signal(signal.SIGHUP)
        until(lambda: "Told to reload" in capfd.readouterr().err)
        for connection in silent:
            connection.sendall(request)
        answers = [HalfSent(connection, b"").answer() for connection in silent]
        assert {answer[:13] for answer in answers} == {ADDED}
        until(lambda: not alive(old))


def test_a_server_told_to_stop_in_the_middle_of_a_reload_stops(here: Provided) -> None:
    with here.serving("--workers", "2", "--no-worker") as served, half_sent(served) as waiting:
        old = set(served.workers())
        served.process.send_signal(signal.SIGHUP)
        until(lambda: len(alive(old)) == 1)
        served.process.send_signal(signal.SIGTERM)
        assert waiting.finish().startswith(ADDED)
        assert served.process.wait(timeout=60) == 0


def test_twenty_kills_of_web_processes_end_no_server_and_refuse_no_connection(
    here: Provided,
) -> None:
    # The pauses double with each death of one process: five processes share the kills.
    with here.serving("--workers", "5", "--no-worker") as served:
        visitors = Visitors(served)
        killed: set[int] = set()
        with visitors.busy():
            while len(killed) < KILLS:
                victim = until(lambda: alive(set(served.workers()) - killed)).pop()
                os.kill(victim, signal.SIGKILL)
                killed.add(victim)
            until(visitors.more())
        assert served.process.poll() is None
        assert [each for each in visitors.failures if "ConnectError" in each] == []
        until(lambda: len(alive(set(served.workers()))) == 5)


def test_killed_workers_for_jobs_are_replaced_more_and_more_slowly(
    here: Provided, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with log.open("w") as errors, here.serving("--workers", "1", errors=errors) as served:
        killed: set[int] = set()
        while len(killed) < 4:
            victim = until(lambda: {served.job_worker()} - {None, *killed}).pop()
            assert victim is not None
            os.kill(victim, signal.SIGKILL)
            killed.add(victim)
        until(lambda: {served.job_worker()} - {None, *killed})
        assert httpx.get(f"{base(served)}/healthz").text == "ok"
    pauses = [
        line.rpartition("replaced in ")[2]
        for line in log.read_text().splitlines()
        if "worker for jobs" in line
    ]
    assert pauses == ["0.5 s.", "1.0 s.", "2.0 s.", "4.0 s."]


def test_a_dry_run_whose_worker_is_killed_goes_on_with_another(here: Provided) -> None:
    impatient = replace(here, environment={**here.environment, "JOB_LEASE_SECONDS": "2"})
    with impatient.serving("--workers", "1") as served, client_of(served) as api:
        job = start_import(api, dry_run=True)
        until(lambda: job_of(api, job)["status"] == "running")
        victim = served.job_worker()
        assert victim is not None
        os.kill(victim, signal.SIGKILL)

        ended = until(lambda: finished(job_of(api, job)))

    assert [ended["status"], ended["success_count"], ended["failed_count"]] == [
        "completed",
        ROWS,
        0,
    ]


def test_processes_that_end_as_the_server_is_told_to_stop_are_no_failure(here: Provided) -> None:
    with here.serving("--workers", "2", "--no-worker") as served:
        victim, *_ = served.workers()
        served.process.send_signal(signal.SIGSTOP)  # so that it learns of both at once
        os.kill(victim, signal.SIGKILL)
        until(lambda: not alive({victim}))
        served.process.send_signal(signal.SIGTERM)
        served.process.send_signal(signal.SIGCONT)
        assert served.process.wait(timeout=60) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_at_once_stops_the_server(
    here: Provided, number: signal.Signals
) -> None:
    with here.serving("--workers", "2") as served:
        os.killpg(served.process.pid, number)
        assert served.process.wait(timeout=60) == 0


def test_a_server_told_to_stop_twice_does_not_wait_for_requests(here: Provided) -> None:
    with here.serving("--workers", "1", "--no-worker") as served, half_sent(served) as waiting:
        served.process.send_signal(signal.SIGTERM)
        ended = threading.Event()
        again = threading.Thread(target=keep_sending, args=(served, ended))
        again.start()
        try:
            assert (
                served.process.wait(timeout=25) == 0
            )  # a process that is told once is waited for for 30 s
        finally:
            ended.set()
            again.join()
        assert waiting.answer() == b""


def keep_sending(served: Site, ended: threading.Event) -> None:
    while not ended.wait(0.5):
        served.process.send_signal(signal.SIGTERM)
