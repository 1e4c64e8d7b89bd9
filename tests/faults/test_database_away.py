"""The database goes away, comes back, takes no changes or is full: callers can act on every
answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.own_postgres import Cluster, own_cluster
from tests.serving import site_on

from .visiting import Doors, doors_of, stored_words

ENOUGH = 25  # answers at each door that tell something
OPTIONS = ("-c fsync=off", "-c max_connections=16")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster that these tests may stop; there as long as this process, since tests run in any
    order."""
    with own_cluster(*OPTIONS, migrated=True) as running:
        yield running


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "log"


@pytest.fixture(scope="session")
def doors(cluster: Cluster, log: Path) -> Iterator[Doors]:
    with (
        log.open("w") as errors,
        site_on(
            cluster.url, "--workers", "1", "--threads", "4", "--no-worker", errors=errors
        ) as site,
        doors_of(site, cluster.url) as all_of_them,
    ):
        yield all_of_them


@pytest.fixture(autouse=True)
def _nothing_met_before(doors: Doors) -> None:
    for door in doors.all:
        door.met.clear()


@contextmanager
def administered(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        yield connection


def end_connections(connection: psycopg.Connection) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    )


def all_met(doors: Doors, status: int, more: int = 1) -> bool:
    return all(
        sum(answer.status_code == status for answer in door.met) >= more for door in doors.all
    )


def test_a_stopped_database_is_503_everywhere_and_what_was_acknowledged_is_there(
    cluster: Cluster, doors: Doors, log: Path
) -> None:
    with doors.busy():
        doors.wait_until(lambda: all(len(door.met) >= ENOUGH for door in doors.all))
        cluster.stop()
        doors.wait_until(lambda: all_met(doors, 503, 5))
        cluster.start(*OPTIONS)
        met = {id(door): len(door.met) for door in doors.all}
        doors.wait_until(lambda: all(len(door.met) >= met[id(door)] + 5 for door in doors.all))

    assert doors.wrong() == []
    assert set(doors.read_once().values()) <= {200, 302}
    assert all(door.acknowledged for door in doors.writing)
    assert doors.lost(stored_words(cluster.url)) == []
    lines = log.read_text().splitlines()
    assert any("Answered as unavailable" in line for line in lines)
    assert [line for line in lines if "django.request" in line or "Traceback" in line] == []


def test_ended_connections_are_never_500(cluster: Cluster, doors: Doors) -> None:
    with administered(cluster) as connection, doors.busy():
        for _ in range(40):
            end_connections(connection)
        doors.wait_until(lambda: all(len(door.met) >= ENOUGH for door in doors.all))
        for _ in range(40):
            end_connections(connection)

    assert doors.wrong() == []
    assert doors.lost(stored_words(cluster.url)) == []


def test_the_first_read_after_an_ended_connection_is_answered(
    cluster: Cluster, doors: Doors
) -> None:
    with administered(cluster) as connection:
        for door in doors.all * 2:
            end_connections(connection)
            assert door.ask().status_code in (200, 302)


def test_the_first_write_after_an_ended_connection_is_carried_out(
    cluster: Cluster, doors: Doors
) -> None:
    with administered(cluster) as connection:
        for door in doors.writing * 2:
            end_connections(connection)
            assert door.change().status_code in (200, 201)


def test_a_database_that_takes_no_changes_is_read_and_refuses_writes(
    cluster: Cluster, doors: Doors
) -> None:
    with administered(cluster) as connection:
        connection.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
        end_connections(connection)
        try:
            read = {
                door.name: door.ask().status_code for door in doors.all if door.name != "log-in"
            }
            written = [door.change() for door in doors.writing]
        finally:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute("ALTER DATABASE postgres RESET default_transaction_read_only")
            end_connections(connection)

    assert set(read.values()) == {200}
    assert [answer.status_code for answer in written if "isError" not in answer.text] == [503] * 3
    assert doors.wrong() == []
    assert set(doors.read_once().values()) <= {200, 302}


def test_no_connection_to_be_had_is_503(cluster: Cluster, doors: Doors) -> None:
    taken: list[psycopg.Connection] = []
    with administered(cluster) as connection:
        end_connections(connection)
        try:
            with suppress(psycopg.OperationalError):
                while True:
                    taken.append(psycopg.connect(cluster.url))
            statuses = doors.read_once()
        finally:
            for each in taken:
                each.close()

    assert set(statuses.values()) == {503}
    assert doors.wrong() == []
    assert set(doors.read_once().values()) <= {200, 302}
