"""Counts of changes by day and interface, as far as the caller may see them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from records.models import Source
from records.services.catalogue.versions import touch
from records.services.undoing import daily_changes
from records.services.undoing.daily_changes import DailyChanges, count_daily_changes
from tests.api_client import ApiClient
from tests.factories import Caller, change_record, make_member, make_object, make_record

NOON = datetime(2024, 3, 10, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    """A note made three days ago, changed twice the next day, and another made today by the API."""
    make_object(workspace, "Notes")
    with time_machine.travel(NOON - timedelta(days=3), tick=False) as clock:
        first = make_record(workspace, "notes", name="a").record.uuid
        clock.shift(timedelta(days=1))
        for name in "bc":
            change_record(workspace, "notes", first, name=name)
        clock.shift(timedelta(days=2))
        sent = {"fields": [{"name": "name", "value": "d"}]}
        assert ApiClient(workspace).post("/api/records/notes/add", sent).status_code == 200
    return workspace


def counted(caller: Caller, days: int, now: datetime = NOON) -> DailyChanges:
    with time_machine.travel(now, tick=False):
        return count_daily_changes(caller.author, days)


def sums(changes: DailyChanges) -> list[int]:
    return [sum(counts.values()) for counts in changes.days.values()]


def test_each_day_has_its_changes_by_interface(notes: Caller) -> None:
    changes = counted(notes, 4)
    assert list(changes.days) == [date(2024, 3, day) for day in (7, 8, 9, 10)]
    assert sums(changes) == [1, 2, 0, 1]
    assert changes.days[date(2024, 3, 10)] == {Source.RECORDS_API: 1}
    assert changes.whole
    assert sums(counted(notes, 3)) == [2, 0, 1]


def test_days_are_those_of_the_workspace(notes: Caller) -> None:
    notes.workspace.time_zone = "Pacific/Auckland"
    notes.workspace.save()
    touch(notes.workspace.id)
    changes = counted(notes, 3)
    # Noon in UTC is past midnight there.
    assert list(changes.days)[-1] == date(2024, 3, 11)
    assert sums(changes) == [2, 0, 1]


def test_changes_out_of_sight_are_not_counted(notes: Caller) -> None:
    own = make_member(notes, "own@example.com", {"notes": {"view": "own"}})
    none = make_member(notes, "none@example.com", {"notes": {"create": True}})
    assert sums(counted(own, 4)) == sums(counted(none, 4)) == [0, 0, 0, 0]


def test_no_more_than_the_newest_are_counted(
    notes: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily_changes, "COUNTED", 2)
    changes = counted(notes, 4)
    assert sums(changes) == [0, 1, 0, 1]
    assert not changes.whole
