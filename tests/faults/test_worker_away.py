"""Jobs go on where they were when the database comes back; the worker outlives its absence."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from tests.own_postgres import own_cluster
from tests.serving import Site, site_on

T = TypeVar("T")
ROWS = 6000
IMPORTS = "/api/custom-objects/companies/imports"


def test_an_import_goes_on_when_its_database_comes_back() -> None:
    with (
        own_cluster(migrated=True) as cluster,
        site_on(cluster.url, "--workers", "1", JOB_LEASE_SECONDS="2") as site,
        client_of(site) as api,
    ):
        worker = until(site.job_worker)
        job = start_import(api)
        until(lambda: job_of(api, job)["success_count"] > 0)

        cluster.stop()
        assert job_of(api, job) == {}
        cluster.start("-c fsync=off")

        ended = until(lambda: finished(job_of(api, job)))
        assert [ended["status"], ended["success_count"], ended["failed_count"]] == [
            "completed",
            ROWS,
            0,
        ]
        assert site.job_worker() == worker
        assert site.differences() == ""


def client_of(site: Site) -> httpx.Client:
    address = f"http://{site.address.host}:{site.address.port}"
    return httpx.Client(base_url=address, headers=dict(site.address.headers), timeout=60)


def start_import(api: httpx.Client, *, dry_run: bool = False) -> str:
    table = "\n".join(["name", *(f"row {at}" for at in range(ROWS)), ""])
    sent = api.post(IMPORTS, files={"file": ("rows.csv", table)}).raise_for_status().json()
    started: str = (
        api.post(f"{IMPORTS}/{sent['id']}/start", json={"dry_run": dry_run})
        .raise_for_status()
        .json()["id"]
    )
    return started


def job_of(api: httpx.Client, job: str) -> dict[str, Any]:
    """The job; nothing while the server says that it cannot tell."""
    answer = api.get(f"/api/bulk-action-progress/{job}")
    assert answer.status_code in (200, 503), answer.text
    found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    return found


def finished(job: dict[str, Any]) -> dict[str, Any]:
    return job if job.get("status") in ("completed", "failed") else {}


def until(ask: Callable[[], T | None]) -> T:
    """What is asked for, once there is any; a minute at most."""
    end = time.monotonic() + 90
    while not (found := ask()):
        assert time.monotonic() < end
    return found
