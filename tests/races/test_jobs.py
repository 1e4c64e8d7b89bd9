"""Jobs whose workers are killed."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from tests.serving import Site, site

ROWS = 5000
KILLS = 3
BATCH = 1000
PATIENCE = 180  # seconds


def test_an_import_whose_worker_is_killed_three_times_stores_every_row_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        started = stack.enter_context(
            site(tmp_path, JOB_LEASE_SECONDS="1", MEDIA_ROOT=str(tmp_path / "media"))
        )
        address = started.address
        base = f"http://{address.host}:{address.port}/api"
        api = stack.enter_context(
            httpx.Client(base_url=base, headers=dict(address.headers), timeout=30)
        )
        api.post(
            "/custom-objects", json={"object_name": "Rows", "entity_name": "Row"}
        ).raise_for_status()
        table = "name\n" + "".join(f"row {at}\n" for at in range(ROWS))
        upload = api.post(
            "/custom-objects/rows/imports", files={"file": ("rows.csv", table)}
        ).json()
        job = api.post(f"/custom-objects/rows/imports/{upload['id']}/start", json={}).json()
        assert job["status"] == "pending"

        stored = 0
        for _ in range(KILLS):
            stored = _watch(
                api, job["id"], until=lambda seen, before=stored: seen["success_count"] > before
            )["success_count"]
            _kill_worker(started)
        done = _watch(api, job["id"], until=lambda seen: seen["status"] == "completed")

        assert done["result"]["created"] == ROWS
        assert done["result"]["failed"] == 0
        found = api.post("/records/rows/search", json={"page_size": 1}).json()
        assert found["count"] == ROWS
        assert started.differences() == ""


def test_an_undo_whose_worker_is_killed_three_times_takes_back_every_row_once(
    tmp_path: Path,
) -> None:
    with ExitStack() as stack:
        started = stack.enter_context(site(tmp_path, JOB_LEASE_SECONDS="1"))
        address = started.address
        base = f"http://{address.host}:{address.port}/api"
        api = stack.enter_context(
            httpx.Client(base_url=base, headers=dict(address.headers), timeout=60)
        )
        api.post(
            "/custom-objects", json={"object_name": "Rows", "entity_name": "Row"}
        ).raise_for_status()
        records = []
        for start in range(0, ROWS, BATCH):
            items = [
                {"fields": [{"name": "name", "value": f"row {at}"}]}
                for at in range(start, start + BATCH)
            ]
            made = api.post("/records/rows/batch", json={"mode": "create", "items": items}).json()
            records += [result["id"] for result in made["results"]]
        job = api.post(
            "/custom-objects/rows/bulk-archive-entity-record", json={"record_ids": records}
        )
        operation = job.headers["x-operation-id"]
        done = _watch(api, job.json()["id"], until=lambda seen: seen["status"] == "completed")
        assert done["success_count"] == ROWS

        undo = api.post(f"/operations/{operation}/undo", json={}).json()
        stored = 0
        for _ in range(KILLS):
            stored = _watch(
                api,
                undo["job_id"],
                until=lambda seen, before=stored: seen["success_count"] > before,
            )["success_count"]
            _kill_worker(started)
        done = _watch(api, undo["job_id"], until=lambda seen: seen["status"] == "completed")

        assert done["result"]["counts"] == {"unarchived": ROWS}
        assert done["result"]["left"] == 0
        shown = api.get(f"/operations/{undo['operation_id']}?page_size=1").json()
        assert shown["operation"]["counts"] == {"unarchived": ROWS}
        found = api.post("/records/rows/search", json={"page_size": 1}).json()
        assert found["count"] == ROWS
        assert started.differences() == ""


def _watch(api: httpx.Client, job: str, until: Any) -> dict[str, Any]:
    """Ask how far the job is until it is there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        seen: dict[str, Any] = api.get(f"/bulk-action-progress/{job}").json()
        if until(seen) or seen["status"] in ("failed", "cancelled"):
            return seen
    raise AssertionError(f"the job does not get on: {seen}")


def _kill_worker(started: Site) -> None:
    end = time.monotonic() + PATIENCE
    while (
        worker := started.job_worker()
    ) is None:  # the last one that was killed is begun anew after a second
        assert time.monotonic() < end
        time.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
