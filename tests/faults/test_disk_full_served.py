"""PostgreSQL has no room: a served process refuses changes with 507, says when to try again, and
goes on being read."""

from __future__ import annotations

import contextlib
import os

import psycopg
from psycopg import errors

from tests.own_postgres import own_cluster
from tests.serving import site_on

from .breaking import on_small_disk
from .test_worker_away import client_of, until


def test_a_full_disk_is_507_and_changes_are_taken_again_when_there_is_room() -> None:
    with own_cluster(migrated=True) as cluster:
        disk = cluster.folder / "disk"
        disk.mkdir()
        cluster.stop()
        owner = "postgres" if os.geteuid() == 0 else str(os.getuid())
        cluster.start("-c autovacuum=off", before=on_small_disk(disk, "60m", owner=owner))
        server = cluster.url.removesuffix("postgres")
        with psycopg.connect(f"{server}template1", autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
            connection.execute("CREATE DATABASE small TABLESPACE small TEMPLATE postgres")
        url = f"{server}small"
        with (
            site_on(url, "--workers", "1", "--threads", "4", "--no-worker") as site,
            client_of(site) as api,
        ):
            api.post("/api/records/companies/add", json=company("Before")).raise_for_status()
            fill(url)

            refused = until(
                lambda: (
                    [a]
                    if (a := api.post("/api/records/companies/add", json=long())).is_error
                    else []
                )
            )
            read = api.post("/api/records/companies/search", json={"page_size": 1})
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("DROP TABLE filler")
                connection.execute("CHECKPOINT")
            again = until(
                lambda: (
                    [a]
                    if (a := api.post("/api/records/companies/add", json=long())).is_success
                    else []
                )
            )

    assert [refused[0].status_code, refused[0].json()["code"]] == [507, "storage_full"]
    assert int(refused[0].headers["Retry-After"]) > 0
    assert read.status_code == 200
    assert again


INSERT = "INSERT INTO filler SELECT repeat('x', 2000) FROM generate_series(1, %s)"


def fill(url: str) -> None:
    """Leave no page free on the disk."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE filler (text text)")
        for rows in (1000, 10, 1):
            with contextlib.suppress(errors.DiskFull):
                while True:
                    connection.execute(
                        "INSERT INTO filler SELECT repeat('x', 2000) FROM generate_series(1, %s)",
                        [rows],
                    )


def company(name: str, **more: str) -> dict[str, object]:
    fields = {"name": name, **more}
    return {"fields": [{"name": key, "value": value} for key, value in fields.items()]}


def random() -> str:
    """A long text that does not compress."""
    return os.urandom(30_000).hex()


def long() -> dict[str, object]:
    return company(f"Long {os.urandom(8).hex()}", note=random())
