"""Clients that send a body or receive a response slowly, or not at all: nobody else waits for
them."""

from __future__ import annotations

import http.client
import json
import select
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from records.http import plain
from records.management.serving.own_sockets import copy_of_socket
from tests.calling import Line
from tests.serving import Site, site

SECONDS = 60
CLIENT_SECONDS = 2
MANY = 200
JSON = "application/json"
ADD = "/api/records/companies/add"
FILE_BYTES = 40 * 1024 * 1024
FIELDS = b'{"fields": [{"name": "name", "value": "%s"}]}'


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of one process that works on two requests at a time."""
    with site(
        tmp_path_factory.mktemp("hurried"),
        *("--workers", "1", "--threads", "2", "--no-worker"),
        CLIENT_SECONDS=str(CLIENT_SECONDS),
        ATTACHMENT_MAX_BYTES=str(FILE_BYTES),
    ) as started:
        workers = started.workers()
        yield started
        assert started.workers() == workers


def dial(where: Site) -> socket.socket:
    return socket.create_connection((where.address.host, where.address.port), timeout=SECONDS)


def head(where: Site, method: str, path: str, *lines: str, known: bool = True) -> bytes:
    headers = dict(where.address.headers) if known else {}
    if known:
        headers["Authorization"] = f"Bearer {headers['X-API-KEY']}"
    named = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *named, *lines, "", ""]
    ).encode()


def answer_on(connection: socket.socket) -> tuple[int, bytes]:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.status, answer.read()


DOORS = {
    ADD: {"detail", "code"},
    "/api/v2/w/{business}/data-types": {"error"},
    "/mcp": {"jsonrpc", "id", "error"},
}
TOLD = {
    "one byte of a small body": "Content-Length: 1000",
    "one byte of a large body": "Content-Length: 1000000",
    "no end of the chunks": "Transfer-Encoding: chunked",
}


@pytest.mark.parametrize("told", TOLD)
@pytest.mark.parametrize("door", DOORS)
def test_a_body_that_stops_coming_is_408(hurried: Site, door: str, told: str) -> None:
    path = door.format(business=dict(hurried.address.headers)["X-BUSINESS-ID"])
    with closing(dial(hurried)) as connection:
        begun = b"1\r\n{\r\n" if "chunked" in TOLD[told] else b"{"
        connection.sendall(head(hurried, "POST", path, f"Content-Type: {JSON}", TOLD[told]) + begun)
        status, content = answer_on(connection)

    assert status == 408
    assert DOORS[door] <= json.loads(content).keys()
    assert b"took too long to arrive" in content


def test_chunks_that_stop_coming_are_not_carried_out(hurried: Site) -> None:
    """What arrived is valid by itself."""
    body = FIELDS % b"Cut short"
    with closing(dial(hurried)) as connection:
        connection.sendall(
            head(hurried, "POST", ADD, f"Content-Type: {JSON}", "Transfer-Encoding: chunked")
            + b"%x\r\n%s\r\n" % (len(body), body)
        )
        status, _ = answer_on(connection)
    assert status == 408

    with closing(Line(hurried.address)) as line:
        found = line.send("GET", "/api/records/companies/lookup?identifier=Cut%20short")
    assert found.status == 404


def test_a_body_that_drips_is_408(hurried: Site) -> None:
    with closing(dial(hurried)) as connection:
        connection.sendall(head(hurried, "POST", ADD, "Content-Length: 10000"))
        while not select.select([connection], [], [], 0.1)[0]:
            connection.sendall(b" ")
        status, _ = answer_on(connection)

    assert status == 408


def test_a_slow_but_steady_body_is_carried_out(hurried: Site) -> None:
    """At twice the rate that keeps it, for longer than a client has."""
    body = FIELDS % b"Steady" + b" " * 5000
    with closing(dial(hurried)) as connection:
        connection.sendall(
            head(hurried, "POST", ADD, f"Content-Type: {JSON}", f"Content-Length: {len(body)}")
        )
        for at in range(0, len(body), 100):
            assert not select.select([connection], [], [], 0.1)[0]
            connection.sendall(body[at : at + 100])
        status, content = answer_on(connection)

    assert (status, b"Steady" in content) == (200, True), content


@pytest.mark.parametrize("path", [ADD, "/mcp", "/admin/login/", "/nothing"])
def test_nobody_waits_for_those_who_do_not_send(hurried: Site, path: str) -> None:
    """Neither with a key nor without."""
    with ExitStack() as stack:
        for at in range(MANY):
            connection = stack.enter_context(closing(dial(hurried)))
            told = "Content-Length: 1000000" if at % 2 else "Content-Length: 1000"
            connection.sendall(head(hurried, "POST", path, told, known=at % 4 < 2) + b"{")

        for _ in range(3):
            answer_in_time(hurried, "/healthz", 200)
            answer_in_time(hurried, "/api/records/companies/lookup?identifier=nobody", 404)


def answer_in_time(where: Site, path: str, expected: int) -> None:
    """Before the slow ones have had their time."""
    with closing(dial(where)) as connection:
        connection.sendall(head(where, "GET", path))
        assert select.select([connection], [], [], CLIENT_SECONDS)[0]
        assert answer_on(connection)[0] == expected


@pytest.fixture(scope="module")
def big_file(hurried: Site) -> str:
    """The path of a file that nobody can receive at once."""
    with closing(Line(hurried.address)) as line:
        return sent_file(hurried, line)


def sent_file(where: Site, line: Line) -> str:
    """Send it, as a file of a new record."""
    record = line.send(
        "POST", "/api/records/people/add", {"fields": [{"name": "name", "value": "Ann"}]}
    ).content
    files = f"/api/attachments/people/{record['id']}"
    link = line.send("POST", files, {"filename": "big", "content_type": "x/y"}).content
    base = f"http://{where.address.host}:{where.address.port}"
    sent = httpx.put(
        base + urlsplit(link["upload_url"]).path, content=b"x" * FILE_BYTES, timeout=SECONDS
    )
    assert sent.status_code < 300, sent.text
    found = line.send("GET", f"{files}/url?filename=big").content
    path: str = urlsplit(found["url"]).path
    return path


def test_nobody_waits_for_those_who_do_not_receive(hurried: Site, big_file: str) -> None:
    with ExitStack() as stack:
        stalled = [stack.enter_context(closing(socket.socket())) for _ in range(24)]
        for connection in stalled:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect((hurried.address.host, hurried.address.port))
            connection.sendall(head(hurried, "GET", big_file))
        for connection in stalled:
            assert select.select([connection], [], [], SECONDS)[0]

        answer_in_time(hurried, "/healthz", 200)
        answer_in_time(hurried, "/api/records/companies/lookup?identifier=nobody", 404)

        ended = select.poll()
        for connection in stalled:
            ended.register(connection, select.POLLRDHUP)
        gone: set[int] = set()
        while len(gone) < len(stalled):
            found = ended.poll(SECONDS * 1000)
            assert found, f"{len(gone)} of {len(stalled)} were ended"
            for number, _ in found:
                ended.unregister(number)
                gone.add(number)


def test_a_slow_but_steady_reader_gets_the_whole_file(hurried: Site, big_file: str) -> None:
    with closing(dial(hurried)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(head(hurried, "GET", big_file))
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        received = 0
        pause = select.poll()  # of nothing
        while part := answer.read(FILE_BYTES // 50):
            received += len(part)
            pause.poll(100)

    assert received == FILE_BYTES


def test_a_request_at_work_is_not_ended(hurried: Site) -> None:
    """It waits for the database, longer than a client has."""
    body = FIELDS % b"Patient"
    asked = head(hurried, "POST", ADD, f"Content-Type: {JSON}", f"Content-Length: {len(body)}")
    with closing(dial(hurried)) as connection:
        with writers_waiting(hurried):
            connection.sendall(asked + body)
            assert not select.select([connection], [], [], CLIENT_SECONDS + 1.5)[0]
        status, content = answer_on(connection)

    assert status == 200, content


@contextmanager
def writers_waiting(where: Site) -> Iterator[None]:
    """Nobody can write to the site's database until the block ends."""
    url = where.environment["DATABASE_URL"]
    if url.startswith("sqlite"):
        file = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(Path(file), isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("ROLLBACK")
        return
    with psycopg.connect(url) as database:
        database.execute("LOCK TABLE records_record IN EXCLUSIVE MODE")
        yield
        database.rollback()


def test_an_idle_connection_is_left_alone(hurried: Site) -> None:
    with closing(dial(hurried)) as connection:
        for _ in range(2):
            connection.sendall(head(hurried, "GET", "/healthz"))
            assert answer_on(connection)[0] == 200
            assert not select.select([connection], [], [], CLIENT_SECONDS + 1.5)[0]


def test_threads_that_waited_leave_no_database_connections(hurried: Site) -> None:
    """Two seats have two."""
    for _ in range(5):
        with closing(dial(hurried)) as connection:
            connection.sendall(head(hurried, "GET", "/api/custom-objects"))
            assert answer_on(connection)[0] == 200
    if hurried.environment["DATABASE_URL"].startswith("sqlite"):
        (worker,) = hurried.workers()
        file = hurried.environment["DATABASE_URL"].removeprefix("sqlite:///")
        opened = [
            str(each.readlink())
            for each in Path(f"/proc/{worker}/fd").iterdir()
            if each.is_symlink()
        ]
        assert 0 < opened.count(file) <= 4  # SQLite opens some twice
        return
    with psycopg.connect(hurried.environment["DATABASE_URL"]) as database:
        found = database.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        ).fetchone()
    assert found is not None
    assert 0 < found[0] <= 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("::ffff:7f00:1", "127.0.0.1", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("::1", "0:0:0:0:0:0:0:1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("::1", "127.0.0.1", False),
    ],
)
def test_an_address_is_known_in_each_of_its_forms(one: str, other: str, same: bool) -> None:
    """The kernel and the server may write it differently."""
    assert (plain(one) == plain(other)) == same


def test_only_sockets_are_copied(tmp_path: Path) -> None:
    """To close a copy of a file is to give up all locks on it."""
    with (tmp_path / "file").open("w") as file, closing(socket.socket()) as opened:
        assert copy_of_socket(file.fileno()) is None
        copy = copy_of_socket(opened.fileno())
        assert copy is not None
        copy.close()
