"""Calling a server as programs do, from processes of their own. Knows nothing of Django, so that it
starts fast."""

from __future__ import annotations

import contextlib
import http.client
import json
import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

START_SECONDS = 60
CALL_SECONDS = 60
IDLE_SECONDS = 5  # servers end connections on which nothing has come for longer
END_SECONDS = 240


@dataclass(frozen=True)
class Address:
    """Where a server is, and the headers by which it knows the caller."""

    host: str
    port: int
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What came back; `content` is the JSON of the body, None when there is none."""

    status: int
    headers: Mapping[str, str]
    content: Any = None

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        return str(self.content.get("code", "")) if isinstance(self.content, dict) else ""


@dataclass
class Line:
    """A connection that is kept open from call to call, if those follow soon."""

    address: Address
    _open: http.client.HTTPConnection = field(init=False)
    _used: float = 0.0

    def __post_init__(self) -> None:
        self._open = http.client.HTTPConnection(
            self.address.host, self.address.port, timeout=CALL_SECONDS
        )

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """The answer; header names are written with underscores."""
        sent = dict(self.address.headers) | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            sent["Content-Type"] = "application/json"
        if time.monotonic() - self._used > IDLE_SECONDS:
            self._open.close()  # the request opens it again
        self._open.request(method, path, content, sent)
        received = self._open.getresponse()
        raw = received.read()
        self._used = time.monotonic()
        named = {name.lower(): value for name, value in received.getheaders()}
        return Answer(received.status, named, json.loads(raw) if raw else None)

    def close(self) -> None:
        self._open.close()


@dataclass
class Player:
    """One of the processes that call at the same time; `number` tells them apart."""

    number: int
    line: Line
    start: Barrier

    def together(self) -> None:
        """Wait until all are here."""
        self.start.wait(START_SECONDS)


Part = Callable[..., Any]


def play(
    address: Address, players: int, part: Part, *args: Any, seconds: float = END_SECONDS
) -> list[Any]:
    """What `part(player, *args)` returned in each of so many processes, which run at the same
    time; they have so many seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "tests.races.parts"])  # once, not in every process
    start = context.Barrier(players)
    pipes = []
    processes = []
    for number in range(players):
        received, sent = context.Pipe(duplex=False)
        process = context.Process(
            target=_play, args=(sent, number, address, start, part, args), daemon=True
        )
        process.start()
        sent.close()
        pipes.append(received)
        processes.append(process)
    try:
        return [_result(pipe, seconds) for pipe in pipes]
    finally:
        for process in processes:
            process.join(CALL_SECONDS)
            process.close()


def _result(pipe: Connection, seconds: float) -> Any:
    assert pipe.poll(seconds), "a process did not end"
    went_well, result = pipe.recv()
    assert went_well, result
    return result


def _play(
    sent: Connection, number: int, address: Address, start: Barrier, part: Part, args: Sequence[Any]
) -> None:
    line = Line(address)
    try:
        sent.send((True, part(Player(number, line, start), *args)))
    except Exception as error:  # noqa: BLE001 (told to the test, in whose process it fails)
        start.abort()
        sent.send((False, f"process {number}: {error!r}"))
    finally:
        with contextlib.suppress(OSError):
            line.close()
