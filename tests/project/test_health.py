"""Probes are answered whatever they look like, and say whether this process is alive and whether it
can serve."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from tests.calling import Address
from tests.databases import own_database
from tests.own_postgres import own_cluster
from tests.serving import free_port, serving

PROBES = ["/healthz", "/readyz"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", PROBES)
@pytest.mark.parametrize(
    "host", ["testserver", "elsewhere.example.com", "10.1.2.3:8000", "[::1]", "no host at all!", ""]
)
def test_a_probe_is_answered_whatever_its_host(
    client: Client, settings: Settings, address: str, host: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = client.get(address, headers={"Host": host})

    assert (response.status_code, response.content) == (200, b"ok")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("address", PROBES)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_a_probe_only_reads(method: str, address: str) -> None:
    response = getattr(Client(enforce_csrf_checks=True), method)(address)

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.django_db
@pytest.mark.parametrize("address", PROBES)
def test_a_probe_may_ask_for_the_head_alone(client: Client, address: str) -> None:
    assert client.head(address).status_code == 200


def test_being_alive_needs_no_database(client: Client) -> None:
    # Without the django_db mark, any statement fails.
    assert client.get("/healthz").content == b"ok"


@pytest.mark.django_db
def test_the_migrations_are_looked_at_once_in_the_life_of_a_process(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/readyz")

    with django_assert_num_queries(1):
        assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_a_database_that_is_behind_is_not_ready_until_it_is_migrated(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")

    behind = client.get("/readyz")
    MigrationRecorder(connection).record_applied("sessions", "0001_initial")

    assert behind.status_code == 503
    assert behind.content == b"The database is not migrated: run `manage.py migrate`."
    assert client.get("/readyz").status_code == 200


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A production behind a proxy, on a database of its own."""
    with own_database(tmp_path, "tables") as url:
        yield {**os.environ, **production(tmp_path), "DATABASE_URL": url}


def production(folder: Path) -> dict[str, str]:
    return {
        "RECORDS_ENV": "production",
        "SECRET_KEY": "rT7xq2LmV9cZ4bKs8dWfYh3JpNg6uEaQ5tRvXoBi1CkDzMwSyH",
        "ALLOWED_HOSTS": "records.example.com",
        "TRUST_PROXY_HEADERS": "true",
        "DATA_DIR": str(folder / "data"),
    }


def test_production_answers_probes_by_address(environment: dict[str, str]) -> None:
    address = Address("127.0.0.1", free_port(), ())

    with serving(environment, address, "--workers", "1", "--no-worker"):
        answers = [httpx.get(f"http://127.0.0.1:{address.port}{probe}") for probe in PROBES]

    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "ok"), (200, "ok")]


def test_a_database_that_is_away_is_not_ready_and_needs_no_restart_when_it_is_back(
    tmp_path: Path,
) -> None:
    with own_cluster(migrated=True) as cluster:
        environment = {**os.environ, **production(tmp_path), "DATABASE_URL": cluster.url}
        address = Address("127.0.0.1", free_port(), ())
        with serving(environment, address, "--workers", "1", "--threads", "1", "--no-worker"):
            site = f"http://127.0.0.1:{address.port}"
            ready = httpx.get(f"{site}/readyz")
            cluster.stop()
            away, alive = httpx.get(f"{site}/readyz"), httpx.get(f"{site}/healthz")
            cluster.start()
            again = httpx.get(f"{site}/readyz")

    assert (away.status_code, away.text) == (503, "The database does not answer.")
    assert away.headers["Cache-Control"] == "no-store"
    assert [answer.status_code for answer in (ready, alive, again)] == [200, 200, 200]
