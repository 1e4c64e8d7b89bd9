"""An export that cannot be finished is refused: no part of a table is ever sent as if it were all
of it."""

from __future__ import annotations

import json
import os
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.admin.pages import let_in
from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_object, make_record, make_workspace
from tests.serving import Site, site
from tests.working import work

OBJECT = "/api/custom-objects/notes"
FORMS = ("csv", "jsonl", "xlsx")
RECORDS = 510  # two pages
LONG = "x" * 50_000
SQLITE = connection.vendor == "sqlite"

Ask = Callable[[Caller, str], Any]


def from_api(caller: Caller, form: str) -> Any:
    return ApiClient(caller).post(f"{OBJECT}/exports?format={form}", {"field_names": ["name"]})


def from_admin(caller: Caller, form: str) -> Any:
    browser = Client(raise_request_exception=False)
    browser.force_login(let_in(caller).caller.member.user)
    return browser.get(address_of(caller), {"format": form, "shown": "1", "columns": "name"})


def address_of(caller: Caller) -> str:
    return reverse("admin:export", args=[caller.schema("notes").uuid])


DOORS = {"api": from_api, "admin": from_admin}


@pytest.fixture
def caller(transactional_db: None) -> Caller:
    made = make_workspace()
    make_object(made, "Notes", FieldDefinition("Text", "longtext"))
    return made


@pytest.fixture
def many(caller: Caller) -> Caller:
    api = ApiClient(caller)
    rows = "".join(f"Note {at:04}\n" for at in range(RECORDS))
    sent = api.send("POST", f"{OBJECT}/imports", f"Name\n{rows}".encode(), content_type="text/csv")
    assert api.post(f"{OBJECT}/imports/{sent.json()['id']}/start", {}).status_code == 200
    work()
    return caller


@contextmanager
def broken(at: int = 0, times: int = 0) -> Iterator[list[str]]:
    """The statements that read records, as they come; from number `at` on the engine fails so many
    of them."""
    met: list[str] = []
    failed = 0

    def run(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal failed
        if "records_record r" in sql:
            met.append(sql)
            if at and len(met) >= at and failed < times:
                failed += 1
                break_the_connection()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run):
        yield met
    if SQLITE:
        connection.connection.set_progress_handler(None, 0)


def break_the_connection() -> None:
    """End it from another one; SQLite, which has no server to lose, stops its statements."""
    if SQLITE:
        connection.connection.set_progress_handler(lambda: 1, 1)
        return
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl()
    with psycopg.connect(address, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(%s::int, 10000)", [connection.connection.info.backend_pid]
        )


def content_of(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.content
    content = b"".join(answer.streaming_content)
    assert int(answer.headers["Content-Length"]) == len(content)
    return content


def check_refusal(answer: Any, status: int, door: str) -> None:
    assert not answer.streaming
    assert answer.status_code == status
    assert int(answer.headers["Retry-After"]) > 0
    if door == "api":
        assert answer.json()["code"] == {503: "unavailable", 507: "storage_full"}[status]
    else:
        assert "Not available" in answer.content.decode()


@pytest.mark.parametrize("door", DOORS)
def test_a_database_that_fails_at_the_last_page_is_refused(many: Caller, door: str) -> None:
    for form in FORMS:
        with broken() as met:
            assert content_of(DOORS[door](many, form))
        with broken(at=len(met), times=100):
            answer = DOORS[door](many, form)

        check_refusal(answer, 503, door)


if not SQLITE:

    @pytest.mark.parametrize("door", DOORS)
    def test_a_connection_that_ends_once_costs_no_record(many: Caller, door: str) -> None:
        with broken() as met:
            whole = content_of(DOORS[door](many, "csv"))
        with broken(at=len(met), times=1):
            again = content_of(DOORS[door](many, "csv"))

        assert again == whole
        assert whole.count(b"\n") == RECORDS + 1


@contextmanager
def little_room() -> Iterator[None]:
    """No file of this process may grow beyond 4 KiB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("door", DOORS)
def test_a_disk_that_is_full_is_507_and_nothing_stays_open(many: Caller, door: str) -> None:
    content_of(DOORS[door](many, "csv"))
    before = open_files()
    for form in FORMS:
        with little_room():
            answer = DOORS[door](many, form)

        check_refusal(answer, 507, door)
        assert open_files() == before


def open_files() -> list[str]:
    """The files without a name that this process holds open."""
    return nameless("self")


def nameless(pid: int | str) -> list[str]:
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(descriptor.readlink()))
    return sorted(path for path in found if path.startswith("/") and path.endswith("(deleted)"))


def test_a_page_of_records_costs_the_same_statements_however_many_are_on_it(caller: Caller) -> None:
    costs = []
    content_of(from_api(caller, "csv"))  # compiles the object's definition
    for number in (1, 60):
        for at in range(number):
            make_record(caller, "notes", name=f"{number}-{at}")
        with CaptureQueriesContext(connection) as met:
            content_of(from_api(caller, "csv"))
        costs.append(len(met))
    assert costs[0] == costs[1]


def test_a_browser_that_asks_for_the_head_or_a_part(caller: Caller) -> None:
    make_record(caller, "notes", name="One")
    browser = let_in(caller).client
    whole = browser.get(address_of(caller))
    head = browser.head(address_of(caller))
    part = browser.get(address_of(caller), headers={"Range": "bytes=0-3"})

    content = content_of(whole)
    assert head.headers["Content-Length"] == str(len(content))
    assert head.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert (part.status_code, content_of(part)) == (200, content)
    head.close()


# ---------------------------------------------------------------- with a server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with records that fill more than a socket holds."""
    with site(tmp_path_factory.mktemp("served"), "--workers", "1", "--threads", "4") as started:
        with httpx.Client(
            base_url=base_of(started), headers=dict(started.address.headers), timeout=60
        ) as client:
            # Each short enough to be imported at once.
            for part in range(16):
                rows = "".join(f"Company {part}-{at},{LONG}\n" for at in range(25))
                path = "/api/custom-objects/companies/imports"
                sent = client.post(
                    path, content=f"Name,Note\n{rows}", headers={"Content-Type": "text/csv"}
                )
                assert sent.status_code == 201, sent.text
                done = client.post(f"{path}/{sent.json()['id']}/start", json={})
                assert done.json()["status"] == "completed", done.text
        yield started


def base_of(served: Site) -> str:
    return f"http://{served.address.host}:{served.address.port}"


def test_a_file_is_closed_when_its_reader_goes_away(served: Site) -> None:
    (pid,) = served.workers()
    before = nameless(pid)
    for _ in range(3):
        with leaving(served) as first:
            assert b" 200 " in first
            assert b"content-length" in first.lower()
            assert len(nameless(pid)) > len(before)

    with httpx.Client(base_url=base_of(served)) as client:
        for _ in range(2000):  # the server notices by itself, meanwhile it answers others
            if nameless(pid) == before:
                break
            client.get("/healthz")
    assert nameless(pid) == before


@contextmanager
def leaving(served: Site) -> Iterator[bytes]:
    """The first bytes of an export, whose reader then goes away."""
    body = json.dumps({})
    about_it = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    headers = {**dict(served.address.headers), **about_it}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.connect((served.address.host, served.address.port))
        path = "/api/custom-objects/companies/exports?format=jsonl"
        caller.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n{body}".encode())
        yield caller.recv(4096)
