"""What `manage.py doctor` looks at, and what it says of each: whether a deployment can do what it
is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from records_project.faults import explain, redacted

from .database import autovacuum, clock, database, durability, migrations, time_limit
from .findings import Finding, failed, skipped
from .proxy import proxy
from .settings import settings
from .storage import space, storage
from .workers import workers

Check = Callable[[], Iterator[Finding]]
WITH_DATABASE: tuple[Check, ...] = (migrations, time_limit, durability, autovacuum, clock, workers)


def examine(address: str) -> list[Finding]:
    """Look at everything; `address` is where visitors reach Records, empty where that is not to be
    tried."""
    findings = [*look("settings", settings), *look("database", database)]
    usable = all(each.status != "failed" for each in findings)
    for check in WITH_DATABASE:
        findings += look(check.__name__, check if usable else not_checked)
    return [
        *findings,
        *look("storage", storage),
        *look("space", space),
        *look("proxy", lambda: proxy(address)),
    ]


def not_checked() -> Iterator[Finding]:
    """Stand in for a check that needs the database."""
    yield skipped("Not checked: it needs the database.")


def look(name: str, check: Check) -> list[Finding]:
    """Run one check; what it stumbles over is what it found."""
    try:
        found = list(check())
    except Exception as error:  # noqa: BLE001 - a check that breaks must not keep the others from being made
        found = [failed(explain(error) or f"{type(error).__name__}: {error}")]
    return [replace(each, check=name, said=redacted(each.said)) for each in found]


__all__ = ["Finding", "examine"]
