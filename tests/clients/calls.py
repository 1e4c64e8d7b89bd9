"""Every operation of both documents, called once for each status of success that it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .calling import Call
from .records_calls import RECORDS
from .workspace_calls import WORKSPACE


def _tried(calls: Iterable[Call]) -> Iterator[Call]:
    """The calls; before one that answers nothing its dry run, which does."""
    for call in calls:
        if call.status == 204:
            yield replace(call, status=200, query={**call.query, "dry_run": True})
        yield call


CALLS: dict[str, list[Call]] = {"records": list(_tried(RECORDS)), "workspace": WORKSPACE}
