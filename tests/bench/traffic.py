"""Sends prepared requests to a server in a closed loop, and tells how many came back and how
fast."""

import http.client
import itertools
import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

REPLAY_SCRIPT = Path(__file__).parent / "replay.lua"
# wrk leaves the requests in flight at its deadline uncounted. Where that many seconds' worth are
# under way at once, a fixed number of requests is sent instead, so that each one counted is
# complete.
IN_FLIGHT_SECONDS = 0.12


class ServerFailed(Exception):
    """A server refused or broke off what it should have answered."""


@dataclass(frozen=True)
class Request:
    """One request as it will be sent."""

    method: str
    path: str
    body: bytes | None = None

    def as_bytes(self, host: str, headers: dict[str, str]) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", "Accept: application/json"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + (self.body or b"")


@dataclass(frozen=True)
class Traffic:
    """What one run of requests came to."""

    requests: int
    seconds: float
    failed: int
    p50_ms: float
    p95_ms: float
    client: str


@dataclass
class Address:
    """A server and the headers each of its requests carries."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


class Connection:
    """One keep-alive connection."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection = http.client.HTTPConnection(address.host, timeout=120)

    def send(self, request: Request) -> tuple[int, bytes]:
        headers = {"Accept": "application/json", **self._address.headers}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        self._connection.request(request.method, request.path, request.body, headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def ask(self, request: Request) -> bytes:
        """The answer's body; anything but success raises ServerFailed."""
        status, body = self.send(request)
        if status >= 300:
            problem = body[:600].decode(errors="replace")
            raise ServerFailed(f"{request.method} {request.path} answered {status}: {problem}")
        return body

    def close(self) -> None:
        self._connection.close()


def send_for_a_while(
    address: Address, requests: Sequence[Request], concurrency: int, seconds: float, latency: float
) -> Traffic:
    """Keep `concurrency` requests under way for about `seconds`; `latency` is what one takes
    alone."""
    if shutil.which("wrk") and latency * concurrency < IN_FLIGHT_SECONDS:
        return _send_with_wrk(address, requests, concurrency, seconds)
    return _send_with_threads(address, requests, concurrency, seconds, latency)


def _send_with_wrk(
    address: Address, requests: Sequence[Request], concurrency: int, seconds: float
) -> Traffic:
    with tempfile.NamedTemporaryFile(prefix="bench-requests-") as file:
        file.writelines(
            request.as_bytes(address.host, address.headers) + b"\0" for request in requests
        )
        file.flush()
        command = [
            "wrk",
            "-t1",
            f"-c{concurrency}",
            f"-d{max(1, round(seconds))}s",
            "--timeout",
            "60s",
        ]
        command += ["--script", str(REPLAY_SCRIPT), address.url, "--", file.name]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise ServerFailed(f"wrk: {finished.stdout}{finished.stderr}")
    measured = json.loads(finished.stdout.splitlines()[-1])
    return Traffic(
        requests=measured["requests"],
        seconds=measured["microseconds"] / 1e6,
        failed=measured["refused"] + measured["broken"],
        p50_ms=measured["p50"],
        p95_ms=measured["p95"],
        client="wrk",
    )


def _send_with_threads(
    address: Address, requests: Sequence[Request], concurrency: int, seconds: float, latency: float
) -> Traffic:
    count = max(4 * concurrency, round(seconds * concurrency / max(latency, 1e-4) / 2))
    turns = itertools.count()
    lock = threading.Lock()
    latencies: list[float] = []
    failed = 0

    def send_turns() -> None:
        nonlocal failed
        connection = Connection(address)
        while (turn := next(turns)) < count:
            started = time.perf_counter()
            status, _ = connection.send(requests[turn % len(requests)])
            taken = time.perf_counter() - started
            with lock:
                latencies.append(taken)
                failed += status >= 400
        connection.close()

    threads = [threading.Thread(target=send_turns) for _ in range(concurrency)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    latencies.sort()
    return Traffic(
        requests=len(latencies),
        seconds=elapsed,
        failed=failed + count - len(latencies),
        p50_ms=_quantile(latencies, 0.50),
        p95_ms=_quantile(latencies, 0.95),
        client="threads",
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    """In milliseconds, of latencies in seconds."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0
