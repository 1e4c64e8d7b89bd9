"""Bytes on a socket of the real server: whatever they are, it answers below 500 or hangs up, and
lives on."""

from __future__ import annotations

import http.client
import json
import select
import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.serving import Site, site

MEGABYTE = 1024 * 1024
SECONDS = 30
GET = "GET /api/records/companies/lookup?identifier=nobody HTTP/1.1"
ADD = "POST /api/records/companies/add HTTP/1.1"
UPSERT = "POST /api/records/companies/upsert HTTP/1.1"
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
LENGTH = "Content-Length: {}"
FIELDS = b'{"fields": [{"name": "name", "value": %s}]}'
NO_FIELDS = b'{"fields": []}'
END = b"0\r\n\r\n"


class Received(NamedTuple):
    """What came back; the status is 0 where the server hung up. `by_us` says that the product
    answered, not the server in front of it, which refuses what is no HTTP before anyone is
    asked."""

    status: int
    content: bytes = b""
    by_us: bool = False


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of one process, whose death would be seen."""
    with site(tmp_path_factory.mktemp("attacked"), "--workers", "1") as started:
        workers = started.workers()
        yield started
        assert started.workers() == workers


def head(where: Site, request_line: str, *lines: str, host: str = "127.0.0.1") -> bytes:
    """The beginning of a request, in the caller's own name."""
    known = [f"{name}: {value}" for name, value in where.address.headers]
    return "\r\n".join([request_line, f"Host: {host}", *known, *lines, "", ""]).encode("latin-1")


def chunk(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n" if body else b""


def exchange(where: Site, sent: bytes, *, hang_up: bool = False) -> Received:
    """Send bytes and read one answer; `hang_up`: say that no more will come."""
    with socket.create_connection(
        (where.address.host, where.address.port), timeout=SECONDS
    ) as connection:
        try:
            connection.sendall(sent)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            assert len(sent) > MEGABYTE // 2  # it answers without reading everything
        answer = http.client.HTTPResponse(connection)
        try:
            answer.begin()
            received = Received(
                answer.status, answer.read(), answer.getheader("X-Request-ID") is not None
            )
        except (ConnectionError, http.client.HTTPException):
            return Received(0)
    assert 200 <= received.status < 500
    if received.by_us:
        assert answer.getheader("Content-Type") == "application/json"
        assert {"detail", "code"} <= json.loads(received.content).keys()
    return received


BODIES: dict[str, tuple[bytes, int]] = {
    "lists 100,000 deep": (b"[" * 100_000 + b"]" * 100_000, 400),
    "objects 100,000 deep": (b'{"a":' * 100_000, 400),
    "not a number": (FIELDS % b"NaN", 400),
    "10^400": (FIELDS % (b"1" + b"0" * 400), 400),
    "lone surrogate": (FIELDS % b'"\\ud800"', 400),
    "nul": (FIELDS % b'"\\u0000"', 400),
    "malformed utf-8": (FIELDS % b'"\xff"', 400),
    "a megabyte": (FIELDS % (b'"' + b"x" * MEGABYTE + b'"'), 400),
    "100,000 entries": (b'{"fields": [' + b",".join([b"{}"] * 100_000) + b"]}", 400),
    "eleven megabytes": (b" " * 11 * MEGABYTE, 413),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_answered_alike_whole_or_in_chunks(attacked: Site, name: str) -> None:
    body, expected = BODIES[name]
    half = len(body) // 2

    whole = exchange(attacked, head(attacked, ADD, JSON, LENGTH.format(len(body))) + body)
    chunks = exchange(
        attacked, head(attacked, ADD, JSON, CHUNKED) + chunk(body[:half]) + chunk(body[half:]) + END
    )

    assert (whole.status, whole.by_us) == (chunks.status, chunks.by_us) == (expected, True)


HEADS: dict[str, tuple[str, list[str], int]] = {
    "a path of two bytes that are no text": ("GET /api/records/%FF%FE HTTP/1.1", [], 404),
    "a surrogate in the path": ("GET /api/records/%ED%A0%80 HTTP/1.1", [], 404),
    "a surrogate in the query": (
        "GET /api/records/companies/lookup?identifier=%ED%A0%80 HTTP/1.1",
        [],
        404,
    ),
    "a percent sign alone": ("GET /api/%zz HTTP/1.1", [], 404),
    "a nul": ("GET /api/%00 HTTP/1.1", [], 404),
    "dots": ("GET /api/../admin/ HTTP/1.1", [], 404),
    "an absolute address": ("GET http://elsewhere.example.com/api/nowhere HTTP/1.1", [], 404),
    "an unknown method": ("BREW /api/records/companies/search HTTP/1.1", [], 405),
    "the first HTTP": (GET.replace("1.1", "1.0"), [], 404),
    "a header of 60,000 bytes": (GET, ["X-A: " + "x" * 60_000], 404),
    "90 headers": (GET, [f"X-{at}: 1" for at in range(90)], 404),
    "a second host": (GET, ["Host: elsewhere.example.com"], 400),
    "a second key": (GET, ["X-API-KEY: another"], 400),
    "a second business": (GET, ["X-BUSINESS-ID: 00000000-0000-0000-0000-000000000000"], 400),
    "a second user": (GET, ["X-USER-ID: 00000000-0000-0000-0000-000000000000"], 400),
    "a header that is no ASCII": (
        GET,
        ["X-Request-ID: \xe9", "Accept: \xff", "Cookie: sessionid=\xff"],
        404,
    ),
    "another protocol": (
        GET,
        ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
        404,
    ),
    "a body not declared": (ADD, [LENGTH.format(0)], 400),
    "eleven megabytes announced": (
        ADD,
        [JSON, "Expect: 100-continue", LENGTH.format(11 * MEGABYTE)],
        413,
    ),
    "2^63 bytes announced": (ADD, [JSON, LENGTH.format(2**63)], 413),
}


@pytest.mark.parametrize("name", HEADS)
def test_what_is_strange_but_http_is_answered_by_us(attacked: Site, name: str) -> None:
    request_line, lines, expected = HEADS[name]

    received = exchange(attacked, head(attacked, request_line, *lines))

    assert (received.status, received.by_us) == (expected, True)


NOT_HTTP: dict[str, bytes] = {
    "noise": bytes(range(256)) * 10,
    "the beginning of TLS": bytes.fromhex("16030100c8010000c40303") + b"x" * 180,
    "the beginning of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a line without an end": b"GET /api/" + b"x" * MEGABYTE,
    "a nul in the path": b"GET /api/\x00 HTTP/1.1\r\n\r\n",
    "a nul in a header": b"GET /api/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: \x00\r\n\r\n",
    "a header without a colon": b"GET /api/ HTTP/1.1\r\nHost\r\n\r\n",
    "a folded header": b"GET /api/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: a\r\n b\r\n\r\n",
    "a megabyte of header": b"GET /api/ HTTP/1.1\r\nX-A: " + b"x" * MEGABYTE + b"\r\n\r\n",
    "500 headers": b"GET /api/ HTTP/1.1\r\n" + b"X-A: 1\r\n" * 500 + b"\r\n",
    "a length that is no number": b"POST /api/ HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    "a length below nothing": b"POST /api/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST /api/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "an unknown transfer": b"POST /api/ HTTP/1.1\r\nTransfer-Encoding: strange\r\n\r\n",
}


@pytest.mark.parametrize("name", NOT_HTTP)
def test_what_is_no_http_is_refused_by_the_server(attacked: Site, name: str) -> None:
    assert exchange(attacked, NOT_HTTP[name]).status in (0, 400, 414, 431)


def test_a_host_that_is_not_ours_is_refused(attacked: Site) -> None:
    for host in ("elsewhere.example.com", 'a b"<>', "127.0.0.1:x", "\xff"):
        assert exchange(attacked, head(attacked, GET, host=host)).status == 400


def test_a_body_that_ends_early_is_not_carried_out(attacked: Site) -> None:
    """What arrived is valid by itself."""
    body = b'{"lookup_value": "Cut short"}'

    received = exchange(
        attacked, head(attacked, UPSERT, JSON, LENGTH.format(len(body) + 50)) + body, hang_up=True
    )

    assert received.status in (0, 400)
    found = exchange(
        attacked,
        head(attacked, "GET /api/records/companies/lookup?identifier=cut%20short HTTP/1.1"),
    )
    assert found.status == 404


def test_broken_chunks_are_no_fields(attacked: Site) -> None:
    for broken in (b"zz\r\n" + NO_FIELDS, b"f" * 20 + b"\r\n" + NO_FIELDS, b"5\r\n" + NO_FIELDS):
        assert exchange(attacked, head(attacked, ADD, JSON, CHUNKED) + broken).status == 400


def test_a_request_within_a_body_is_not_carried_out(attacked: Site) -> None:
    """With a length and chunks at once, the length must not leave a second request over."""
    body = b'{"lookup_value": "Smuggled in"}'
    smuggled = head(attacked, UPSERT, JSON, LENGTH.format(len(body))) + body

    received = exchange(
        attacked, head(attacked, ADD, JSON, CHUNKED, LENGTH.format(4)) + chunk(smuggled) + END
    )

    assert received.status == 400
    found = exchange(
        attacked,
        head(attacked, "GET /api/records/companies/lookup?identifier=smuggled%20in HTTP/1.1"),
    )
    assert found.status == 404


def test_callers_that_hang_up_leave_the_others_alone(attacked: Site) -> None:
    for _ in range(50):
        with socket.create_connection(
            (attacked.address.host, attacked.address.port), timeout=SECONDS
        ) as connection:
            connection.sendall(head(attacked, ADD, JSON, LENGTH.format(1000)) + b"{")

    assert exchange(attacked, head(attacked, GET)).status == 404


UNREAD = {
    "DELETE /api/custom-objects/nothing": 404,
    "PATCH /api/custom-objects/people/fields/nothing": 404,
    "POST /api/nothing": 404,
    "POST /api/v2/w/nothing/types": 404,
    "POST /api/records/files/upload/nothing": 404,
    "POST /nothing": 404,
    "POST /mcp": 401,
    "POST /admin/login/": 403,
    "POST /healthz": 405,
    "GET /healthz": 200,
}
MUCH = 11 * MEGABYTE


@pytest.mark.parametrize("call", UNREAD)
@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_connection_outlives_a_body_that_nobody_needs(
    attacked: Site, call: str, in_chunks: bool
) -> None:
    """The answer waits for the body, which comes after the head, and the next request finds the
    connection open."""
    told = CHUNKED if in_chunks else LENGTH.format(len(NO_FIELDS))
    sent = chunk(NO_FIELDS) + END if in_chunks else NO_FIELDS
    with socket.create_connection(
        (attacked.address.host, attacked.address.port), timeout=SECONDS
    ) as connection:
        for _ in range(3):
            connection.sendall(head(attacked, f"{call} HTTP/1.1", JSON, told))
            early = select.select([connection], [], [], 0.2)[0]
            assert not early
            connection.sendall(sent)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            answer.read()
            assert (answer.status, answer.getheader("Connection")) == (UNREAD[call], None)


@pytest.mark.parametrize("call", UNREAD)
def test_a_body_too_large_to_wait_for_ends_the_connection(attacked: Site, call: str) -> None:
    """And the answer says so."""
    with socket.create_connection(
        (attacked.address.host, attacked.address.port), timeout=SECONDS
    ) as connection:
        connection.sendall(head(attacked, f"{call} HTTP/1.1", JSON, LENGTH.format(MUCH)))
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        answer.read()
        assert 200 <= answer.status < 500
        assert answer.getheader("Connection") == "close"


@pytest.mark.parametrize("call", UNREAD)
def test_a_caller_may_hang_up_in_a_body_that_nobody_needs(attacked: Site, call: str) -> None:
    for told in (LENGTH.format(1000), CHUNKED):
        with socket.create_connection(
            (attacked.address.host, attacked.address.port), timeout=SECONDS
        ) as connection:
            connection.sendall(head(attacked, f"{call} HTTP/1.1", JSON, told) + b"3")
            connection.shutdown(socket.SHUT_WR)
            first = connection.makefile("rb").readline()
        assert not first or int(first.split()[1]) in (400, UNREAD[call])


def test_the_server_tells_no_spellings_of_a_header_apart(attacked: Site) -> None:
    """What docs/decisions/headers-with-underscores.md rests on: once this fails, names with
    underscores can be refused here."""
    right = exchange(attacked, head(attacked, GET))
    overridden = exchange(attacked, head(attacked, GET, "X_User_ID: somebody"))

    assert right.status == 404
    assert overridden.status == 400
    assert overridden.by_us


@pytest.mark.parametrize("line", ["Content_Length: 9", "Transfer_Encoding: chunked"])
def test_a_body_is_framed_by_no_header_with_underscores(attacked: Site, line: str) -> None:
    body = FIELDS % b'"\\u0000"'
    length = LENGTH.format(len(body))

    def refused(*lines: str) -> Received:
        return exchange(attacked, head(attacked, ADD, JSON, *lines) + body)

    assert refused(length, line) == refused(length)
    assert refused(line).status == 400
    assert refused(line) != refused(length)
