"""Every operation of the documented APIs that may write, called by several at the same moment: some are
carried out, the others are refused as documented, and what is stored agrees."""

from __future__ import annotations

import http.client
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from tests.api.test_every_operation import as_sent
from tests.calling import CALL_SECONDS
from tests.clients.calling import Call, filled, kept
from tests.clients.calls import CALLS
from tests.documents import Operation, operations
from tests.serving import Site

from .test_people import command

PLAYERS = 4


@dataclass
class _Racing:
    """Who makes the calls of an API, and what their answers told."""

    site: Site
    headers: dict[str, str]
    known: dict[str, Any]
    start: Barrier = field(default_factory=lambda: Barrier(PLAYERS))

    def make(self, call: Call, operation: Operation) -> list[int]:
        """The statuses of the call, of several at once where it may write; what later calls need is
        kept from one that was carried out."""

        def fill(name: str, _: bool) -> Any:
            return self.known[name]

        path = operation.path.format(**filled(call.path, fill))
        query = {
            key: str(value).lower() if isinstance(value, bool) else value
            for key, value in call.query.items()
        }
        content, media_type = as_sent(operation, filled(call.body, fill))
        target = f"{path}?{urlencode(query)}" if query else path
        request = (operation.method, target, content, {**self.headers, "Content-Type": media_type})
        if operation.method == "GET":
            answers = [self._send(*request)]
        else:
            with ThreadPoolExecutor(PLAYERS) as players:
                sent = [players.submit(self._together, *request) for _ in range(PLAYERS)]
                answers = [each.result() for each in sent]
        done = [content for status, content in answers if status == call.status]
        # What was raced for may have become another's: an import of a file that a rival imported
        # first has no report to read.
        assert done or operation.method == "GET", (call.operation, call.status, answers)
        for name, place in call.keeps.items():
            self.known[name] = kept(orjson.loads(done[0]), place)
        return [status for status, _ in answers]

    def _together(self, *request: Any) -> tuple[int, bytes]:
        self.start.wait(CALL_SECONDS)
        return self._send(*request)

    def _send(
        self, method: str, target: str, content: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        address = self.site.address
        with closing(
            http.client.HTTPConnection(address.host, address.port, timeout=CALL_SECONDS)
        ) as line:
            line.request(method, target, content, headers)
            answer = line.getresponse()
            return answer.status, answer.read()


@pytest.mark.parametrize("api", CALLS)
def test_every_write_is_raced(raced: Site, api: str) -> None:
    name = secrets.token_hex(4)
    made = command(raced, "create_workspace", f"Raced {name}", "--email", f"{name}@example.com")
    headers = {
        "X-API-KEY": made["api_key"],
        "X-BUSINESS-ID": made["workspace_id"],
        "X-USER-ID": made["member_id"],
        "Authorization": f"Bearer {made['api_key']}",
    }
    racing = _Racing(raced, headers, {"workspace": made["workspace_id"]})
    named = {each.id: each for each in operations(api)}
    wrong = []
    for call in CALLS[api]:
        operation = named[call.operation]
        met = racing.make(call, operation)
        documented = {int(status) for status in operation.described["responses"]}
        if not documented.issuperset(met):
            wrong.append((call.operation, met))

    assert wrong == []
    assert raced.differences() == ""
