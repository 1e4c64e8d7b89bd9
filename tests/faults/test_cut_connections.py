"""A served process loses its database connection at a chosen moment: at the COMMIT, and in the
middle of a read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.cutting import Cutter, cutter
from tests.own_postgres import own_cluster
from tests.serving import Site, site_on

from .test_worker_away import client_of, until
from .visiting import Doors, doors_of, stored_words

CONTENT = b"a file"
LOCKED = "records_record, records_objecttype, records_member, records_attachment"
POOLS = {"each thread has a connection": "0", "two connections for four threads": "2"}


@dataclass(frozen=True)
class Served:
    """A server that reaches its cluster through a cutter."""

    url: str
    way: Cutter
    site: Site
    doors: Doors


@pytest.fixture(scope="module", params=[*POOLS.values()], ids=[*POOLS])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    options = ("--workers", "1", "--threads", "4", "--no-worker")
    with own_cluster(migrated=True) as cluster, cutter("127.0.0.1", cluster.port) as way:
        url = cluster.url.replace(f":{cluster.port}/", f":{way.port}/")
        with (
            site_on(
                url, *options, STATEMENT_SECONDS="60", DB_POOL_MAX=request.param, DB_POOL_MIN="1"
            ) as site,
            doors_of(site, cluster.url) as doors,
        ):
            yield Served(cluster.url, way, site, doors)


@pytest.mark.parametrize(("moment", "carried_out"), [("after", True), ("before", False)])
@pytest.mark.parametrize("at", range(4), ids=["records", "custom-objects", "workspace", "mcp"])
def test_a_change_whose_commit_is_cut_is_said_to_be_in_doubt(
    served: Served, at: int, moment: str, *, carried_out: bool
) -> None:
    door = served.doors.writing[at]
    assert door.change().status_code in (200, 201)
    word = f"word{uuid4().hex}"
    assert door.write is not None

    served.way.arm(moment)
    answer = door.write(door.client, word)

    assert told(door.name, answer) == "outcome_unknown"
    assert served.way.cut.wait(30)
    assert (word in stored_words(served.url)) is carried_out
    assert door.change().status_code in (200, 201)


def told(name: str, answer: httpx.Response) -> str:
    """The code in an answer, wherever its API puts it, of one that says when to ask again."""
    body = answer.json()
    if name == "mcp":
        details = body["result"]["structuredContent"]["error"]["details"]
        assert details["retry_after"] > 0
        return str(details["reason"])
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    error = body["error"] if name == "workspace" else body
    return str(error["code"])


READS = ["records", "team", "custom-objects", "workspace", "mcp", "page"]


@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 6], ids=READS)
def test_a_read_whose_backend_ends_in_the_middle_is_repeated(served: Served, at: int) -> None:
    door = served.doors.all[at]

    answers = ended_in_the_middle(served, door.ask)

    assert answers.status_code == 200
    assert 'isError":true' not in answers.text


def test_a_signed_link_whose_backend_ends_in_the_middle_is_repeated(served: Served) -> None:
    with client_of(served.site) as api:
        fields = [{"name": "name", "value": f"Ann {uuid4()}"}]
        ann = (
            api.post("/api/records/people/add", json={"fields": fields})
            .raise_for_status()
            .json()["id"]
        )
        files = f"/api/attachments/people/{ann}"
        upload = (
            api.post(files, json={"filename": "a.txt", "content_type": "text/plain"})
            .raise_for_status()
            .json()
        )
        api.put(urlsplit(upload["upload_url"]).path, content=CONTENT).raise_for_status()
        link = urlsplit(
            api.get(f"{files}/url?filename=a.txt").raise_for_status().json()["url"]
        ).path

        answer = ended_in_the_middle(served, lambda: api.get(link))

    assert (answer.status_code, answer.content) == (200, CONTENT)


def ended_in_the_middle(served: Served, ask: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer to a request whose backend is ended while it waits for a lock."""
    with ThreadPoolExecutor(1) as pool:
        with locked(served.url) as administration:
            answer = pool.submit(ask)
            waiting = until(lambda: waiting_backends(administration))
            for pid in waiting:
                administration.execute("SELECT pg_terminate_backend(%s::int)", [pid])
            until(
                lambda: answer.done() or waiting_backends(administration) - waiting
            )  # it asks again
        return answer.result(timeout=60)


@contextmanager
def locked(url: str) -> Iterator[psycopg.Connection]:
    """What these tests read is locked until the block ends; a connection that sees who waits."""
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as administration:
        holder.execute(f"LOCK TABLE {LOCKED} IN ACCESS EXCLUSIVE MODE")
        try:
            yield administration
        finally:
            holder.rollback()


def waiting_backends(administration: psycopg.Connection) -> set[int]:
    rows = administration.execute("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    return {pid for (pid,) in rows}


def _has_more_than(doors: Any, count: int) -> bool:
    return sum(len(door.met) for door in doors) > count


def test_a_pool_has_no_more_connections_than_it_may_and_outlives_ended_ones(served: Served) -> None:
    limit = int(served.site.environment["DB_POOL_MAX"]) or 4
    most = 0
    with psycopg.connect(served.url, autocommit=True) as administration, served.doors.busy():
        for _ in range(30):
            rows = administration.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND "
                "pid <> pg_backend_pid()"
            ).fetchall()
            most = max(most, len(rows))
            for (pid,) in rows:
                administration.execute("SELECT pg_terminate_backend(%s::int)", [pid])
            count = sum(len(door.met) for door in served.doors.all)
            served.doors.wait_until(partial(_has_more_than, served.doors.all, count + 8))

    assert served.doors.wrong() == []
    assert 1 <= most <= limit
    assert set(served.doors.read_once().values()) <= {200, 302}
