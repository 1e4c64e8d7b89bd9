"""Starts the two servers, one worker of eight threads each, and stops them again."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.bench.processes import list_tree
from tests.bench.traffic import Address, Connection, Request, ServerFailed

PROJECT = Path(__file__).resolve().parents[2]
THREADS = 8
# Below the range a client's own ports are taken from, so that no client can connect to itself.
FIRST_PORT = 18_100
LAST_PORT = 18_999
START_SECONDS = 90
STOP_SECONDS = 15


def limit_command(port: int) -> list[str]:
    options = [
        "--interface",
        "wsgi",
        "--workers",
        "1",
        "--blocking-threads",
        str(THREADS),
        "--host",
        "127.0.0.1",
    ]
    options += ["--port", str(port), "--http", "1", "--no-ws", "--log-level", "warning"]
    return [sys.executable, "-m", "granian", *options, "tests.bench.limit.wsgi:application"]


def records_command(port: int) -> list[str]:
    return manage_command("serve", "--workers", "1", "--threads", str(THREADS), "--port", str(port))


def manage_command(*arguments: str) -> list[str]:
    return [sys.executable, str(PROJECT / "manage.py"), *arguments]


def find_free_port() -> int:
    for port in range(FIRST_PORT, LAST_PORT):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ServerFailed(f"No free port between {FIRST_PORT} and {LAST_PORT}.")


@contextlib.contextmanager
def running(
    command: list[str], port: int, environment: Mapping[str, str], log: Path
) -> Iterator[int]:
    """Run a server until the block ends; gives the pid its processes descend from."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
            start_new_session=True,
        )
    try:
        _wait_until_answering(process, port, log)
        yield process.pid
    finally:
        _stop(process)


def _wait_until_answering(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = Connection(Address(f"http://127.0.0.1:{port}"))
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.send(Request("GET", "/api/"))
            return
        time.sleep(0.1)
    raise ServerFailed(f"The server did not start; its log is {log}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    tree = list_tree(process.pid)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        for pid in tree:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
