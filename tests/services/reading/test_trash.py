"""The trash: listed for callers who may restore, the last deleted first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from records.services.operations.lifecycle import trash_record
from records.services.reading.record_address import address
from records.services.reading.trash import find_thrown_before, list_trash
from tests.factories import Caller, make_member, make_object, make_record

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    """Notes a, b and c, of which c and then a were deleted, an hour apart."""
    make_object(workspace, "Notes")
    with time_machine.travel(START, tick=False) as clock:
        made = {name: make_record(workspace, "notes", name=name).record.uuid for name in "abc"}
        for name in "ca":
            clock.shift(3600)
            trash_record(workspace.author, workspace.schema("notes"), address(made[name]))
    return workspace


def listed(
    caller: Caller, offset: int = 0, limit: int = 10
) -> tuple[int, list[tuple[str, datetime | None]]]:
    count, found = list_trash(caller.author, caller.schema("notes"), (), offset=offset, limit=limit)
    return count, [(row.view.display_name, row.since) for row in found]


def test_each_record_is_listed_with_the_time_of_its_deletion(notes: Caller) -> None:
    one, two = START + timedelta(hours=1), START + timedelta(hours=2)
    assert listed(notes) == (2, [("a", two), ("c", one)])
    assert listed(notes, offset=1, limit=1) == (2, [("c", one)])


@pytest.mark.parametrize(
    ("view", "remove", "count"),
    [("all", "all", 2), ("all", "own", 0), ("own", "all", 0), ("all", "none", 0)],
)
def test_only_records_that_the_caller_may_remove_are_listed(
    notes: Caller, view: str, remove: str, count: int
) -> None:
    clerk = make_member(notes, "clerk@example.com", {"notes": {"view": view, "remove": remove}})
    assert listed(clerk)[0] == count


def test_records_deleted_before_a_moment_are_found_in_order(notes: Caller) -> None:
    key = notes.workspace.id
    both = find_thrown_before(key, START + timedelta(hours=3), 0)
    assert [schema for _, schema in both] == [notes.schema("notes").id] * 2
    assert both == sorted(both)
    assert find_thrown_before(key, START + timedelta(hours=3), both[0][0]) == both[1:]
    assert len(find_thrown_before(key, START + timedelta(minutes=90), 0)) == 1
    assert find_thrown_before(key, START, 0) == []
