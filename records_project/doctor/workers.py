"""The workers: somebody must run the jobs."""

from __future__ import annotations

from collections.abc import Iterator

from records.services.jobs import examine_workers

from .findings import Finding, failed, ok

START = "Start `manage.py serve` without --no-worker, or `manage.py worker`."


def workers() -> Iterator[Finding]:
    """See that a worker lives, and that no job waits for one."""
    found = examine_workers()
    jobs = f" {found.waiting} job(s) wait." if found.waiting else ""
    if found.alive:
        yield ok(f"{found.alive} worker(s) alive.{jobs}")
    elif found.last_seen:
        yield failed(
            f"No worker has been seen since {found.last_seen:%Y-%m-%d %H:%M:%S} UTC.{jobs} {START}"
        )
    else:
        yield failed(f"No worker is running.{jobs} {START}")
