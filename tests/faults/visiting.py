"""Everything that a server answers, asked again and again while its database comes and goes."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from django.contrib.auth.hashers import make_password

from tests.serving import Site

PASSWORD = "a long enough pass phrase"
SHAPES = {"records": {"detail", "code"}, "workspace": {"error"}, "mcp": {"jsonrpc", "id", "error"}}
WAIT_SECONDS = 60


@dataclass
class Door:
    """One face of a server, as a program or a person uses it; `acknowledged` are the words that it
    said it stored."""

    name: str
    client: httpx.Client
    read: Callable[[httpx.Client], httpx.Response]
    write: Callable[[httpx.Client, str], httpx.Response] | None = None
    acknowledged: list[str] = field(default_factory=list)
    met: list[httpx.Response] = field(default_factory=list)

    def ask(self) -> httpx.Response:
        """Read."""
        self.met.append(self.read(self.client))
        return self.met[-1]

    def change(self) -> httpx.Response:
        """Write a word, and remember it if that is acknowledged."""
        assert self.write is not None
        word = f"word{uuid4().hex}"
        response = self.write(self.client, word)
        self.met.append(response)
        if response.status_code in (200, 201) and not is_refused_call(response):
            self.acknowledged.append(word)
        return response

    def wrong(self) -> list[str]:
        """What was answered that no caller can act on."""
        return [said for response in self.met if (said := wrong_with(self.name, response))]


def is_refused_call(response: httpx.Response) -> bool:
    """Whether this is the result of a tool that says what it could not do."""
    return '"isError":true' in response.text


def wrong_with(name: str, response: httpx.Response) -> str:
    """What is wrong with an answer; nothing if the caller can act on it."""
    said = (
        f"{name} {response.request.method} {response.request.url.path}: {response.status_code} "
        f"{response.text[:300]}"
    )
    if is_refused_call(response):
        told = response.json()["result"]["structuredContent"]["error"]
        return "" if told["code"] == "RATE_LIMITED" and told["details"]["retry_after"] > 0 else said
    if response.status_code in (200, 201, 302):
        return ""
    if response.status_code not in (503, 507) or not int(response.headers.get("Retry-After", 0)):
        return said
    if "127.0.0.1" in response.text or "connection to" in response.text:
        return f"tells too much: {said}"
    if name in SHAPES:
        return "" if SHAPES[name] <= response.json().keys() else f"another form: {said}"
    return "" if "Not available" in response.text else f"no page: {said}"


@dataclass(frozen=True)
class Doors:
    """All faces of a server."""

    all: list[Door]
    answered: threading.Condition = field(default_factory=threading.Condition)

    def __getitem__(self, name: str) -> Door:
        return next(door for door in self.all if door.name == name)

    @property
    def writing(self) -> list[Door]:
        return [door for door in self.all if door.write is not None]

    def wrong(self) -> list[str]:
        return [said for door in self.all for said in door.wrong()]

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Wait for answers that clients get."""
        with self.answered:
            in_time = self.answered.wait_for(happened, WAIT_SECONDS)
        assert in_time, [
            (door.name, Counter(answer.status_code for answer in door.met)) for door in self.all
        ]

    def lost(self, stored: str) -> list[str]:
        """The acknowledged words that are not among what is stored."""
        return [word for door in self.all for word in door.acknowledged if word not in stored]

    def read_once(self) -> dict[str, int]:
        """The status of one read through each door."""
        return {door.name: door.ask().status_code for door in self.all}

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Clients at every door, at work until the block ends."""
        end = threading.Event()
        threads = [
            threading.Thread(target=keep_asking, args=(door, end, self.answered))
            for door in self.all
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            end.set()
            for thread in threads:
                thread.join()


def keep_asking(door: Door, end: threading.Event, answered: threading.Condition) -> None:
    for at in count():
        if end.is_set():
            return
        door.change() if door.write is not None and at % 2 else door.ask()
        with answered:
            answered.notify_all()


def stored_words(url: str) -> str:
    with psycopg.connect(url) as connection:
        return " ".join(str(row) for row in connection.execute("SELECT values FROM records_record"))


@contextmanager
def doors_of(site: Site, url: str) -> Iterator[Doors]:
    """The eight doors; their clients keep their connections."""
    sent = dict(site.address.headers)
    base = f"http://{site.address.host}:{site.address.port}"
    bearer = {"Authorization": f"Bearer {sent['X-API-KEY']}", "Accept": "application/json"}
    clients = [
        httpx.Client(base_url=base, headers=headers, timeout=60)
        for headers in [sent] * 3 + [bearer] * 3
    ]
    clients += [httpx.Client(base_url=base, timeout=60) for _ in range(2)]
    let_in(url)
    log_in(clients[6])
    records, link, workspace, writer, reader, mcp, page, form = clients
    business = sent["X-BUSINESS-ID"]
    type_id = workspace_type(writer, business)
    pages = "/admin/records/objecttype/"
    all_of_them = [
        Door("records", records, search, add),
        Door("records", link, lambda client: client.get("/api/team")),
        Door("records", workspace, lambda client: client.get("/api/custom-objects"), add),
        Door("workspace", writer, lambda client: client.get(type_id), partial(upsert, type_id)),
        Door("mcp", reader, lambda client: call(client, "query_records", business)),
        Door("mcp", mcp, tools, partial(agent_upsert, business)),
        Door("page", page, lambda client: client.get(pages)),
        Door("log-in", form, log_in),
    ]
    try:
        yield Doors(all_of_them)
    finally:
        for client in clients:
            client.close()


def search(client: httpx.Client) -> httpx.Response:
    return client.post("/api/records/companies/search", json={"page_size": 1})


def add(client: httpx.Client, word: str) -> httpx.Response:
    return client.post(
        "/api/records/companies/add", json={"fields": [{"name": "name", "value": word}]}
    )


def workspace_type(client: httpx.Client, business: str) -> str:
    found = client.get(f"/api/v2/w/{business}/data-types/slug/companies").raise_for_status().json()
    return f"/api/v2/w/{business}/data-types/{found['id']}"


def upsert(type_path: str, client: httpx.Client, word: str) -> httpx.Response:
    return client.post(f"{type_path}/upsert/{word}", json={"fieldValues": {"name": word}})


def tools(client: httpx.Client) -> httpx.Response:
    return client.post(
        "/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    )


def call(client: httpx.Client, tool: str, business: str, **arguments: Any) -> httpx.Response:
    params = {
        "name": tool,
        "arguments": {"base_id": business, "record_type": "companies", **arguments},
    }
    return client.post(
        "/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    )


def agent_upsert(business: str, client: httpx.Client, word: str) -> httpx.Response:
    return call(client, "manage_record", business, action="upsert", data={"name": word})


def let_in(url: str) -> None:
    """Give the workspace's admin a password."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "UPDATE auth_user SET password = %s, is_staff = true", [make_password(PASSWORD)]
        )


def log_in(client: httpx.Client) -> httpx.Response:
    """Open the log-in page and log in."""
    opened = client.get("/admin/login/")
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', opened.text)
    if token is None:
        return opened
    sent = {"username": "admin@example.com", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    return client.post("/admin/login/", data=sent)
