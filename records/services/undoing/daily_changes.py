"""How much was changed on each of the last days, through which interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from records.models import Source
from records.services.access import Author
from records.services.database import fetch, period_of, uuid_param

from .operation_rows import LEDGER, sight_of
from .operation_walk import first_id

COUNTED = 20_000  # the newest changes, which one page looks at


@dataclass(frozen=True, slots=True)
class DailyChanges:
    """The number of changes by interface, for each day in order, those without any included.

    `whole`: whether everything of these days was counted; otherwise only the newest 20,000 changes
    were.
    """

    days: Mapping[date, Mapping[Source, int]]
    whole: bool


def count_daily_changes(author: Author, days: int) -> DailyChanges:
    """The changes of the last days that the caller may see, today included, by the workspace's
    calendar; one statement."""
    zone = author.workspace.zone
    today = datetime.now(zone).date()
    first = today - timedelta(days=days - 1)
    counted: dict[date, dict[Source, int]] = {
        first + timedelta(days=number): {} for number in range(days)
    }
    period, zones = period_of("n.history_date", "day", zone.key)
    condition, params = sight_of(author).condition("h")
    # Ids of operations begin with their time, and are in an index, which dates are not.
    since = first_id(datetime.combine(first, time(), zone))
    rows = fetch(
        f"SELECT {period} AS day, n.source, count(*) FROM (SELECT h.history_date, h.source"
        f" FROM {LEDGER} h WHERE h.workspace_id = %s AND h.operation_id >= %s AND {condition}"
        " ORDER BY h.operation_id DESC LIMIT %s) n GROUP BY day, n.source",
        [*zones, author.workspace.id, uuid_param(since), *params, COUNTED],
    )
    for day, source, count in rows:
        # Where clocks differ, a change may be of a day before its operation, or behind today.
        if (of := date.fromisoformat(day)) in counted:
            counted[of][Source(source)] = count
    whole = sum(count for _, _, count in rows) < COUNTED
    return DailyChanges(counted, whole)
