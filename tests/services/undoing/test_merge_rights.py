"""Turning merges: who may, and what others lead to."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.undoing.undo_plans import UndoMode
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import Caller, entries, make_member, make_record
from tests.services.acting import write
from tests.services.merging.acting import change, make_people, merge, merged_into, person, world

from .acting import anew, undo

OWN = {"view": "own", "edit": "own", "remove": "own"}
ALL = {"view": "all", "edit": "all", "remove": "all"}


@pytest.fixture
def people(workspace: Caller) -> Caller:
    return make_people(workspace)


@pytest.mark.parametrize(
    ("grant", "whose"),
    [
        (OWN, "loser"),
        (OWN, "survivor"),
        ({**ALL, "edit": "own"}, "loser"),
        ({**ALL, "remove": "own"}, "survivor"),
        ({**ALL, "remove": "none"}, "both"),
    ],
)
@pytest.mark.parametrize("mode", UndoMode)
def test_a_merge_is_taken_back_by_who_could_merge_or_not_at_all(
    people: Caller, grant: Any, whose: str, mode: UndoMode
) -> None:
    member = make_member(people, "clerk@example.com", {"persons": {"create": True, **grant}})
    of = {"loser": people, "survivor": people, whose: member}
    if whose == "both":
        of = {"loser": member, "survivor": member}
    into = person(of["survivor"], "Ann")
    loser = person(of["loser"], "Anne", phone="+41446681800")
    make_record(people, "companies", name="C", founder=loser)
    _, operation = merge(people, into, loser)
    merged = world(people)
    undone, _ = undo(member, operation, mode)
    assert {left.code for left in undone.left} == {"permission_required"}
    assert (undone.records, undone.counts) == (0, {})
    assert world(people) == merged
    # Who could merge them can take it back, and not only what the other could not.
    undone, again = undo(people, operation, mode)
    assert (undone.left, merged_into(loser)) == ([], None)
    alone = world(people)
    undone, _ = undo(member, again, mode)
    assert {left.code for left in undone.left} == {"permission_required"}
    assert world(people) == alone


@pytest.mark.parametrize("mode", UndoMode)
def test_what_others_lead_to_does_not_go_away(people: Caller, mode: UndoMode) -> None:
    doing = anew(people)
    made = SaveRequest(Mode.CREATE, entries=entries({"name": "X"}))
    into = write(doing, "persons", made).record.uuid
    loser = person(people, "Y")
    _, merging = merge(people, into, loser)
    before = world(people)
    undone, _ = undo(people, doing.operation, mode)
    assert [left.code for left in undone.left] == ["has_merged"]
    assert world(people) == before
    undo(people, merging)
    undone, _ = undo(people, doing.operation, UndoMode.FORCE)
    assert undone.left == []


@pytest.mark.parametrize("away", [Mode.ARCHIVE, Mode.TRASH])
def test_what_came_back_and_others_lead_to_does_not_go_away(people: Caller, away: Mode) -> None:
    into, loser = person(people, "X"), person(people, "Y")
    write(people, "persons", SaveRequest(away, into))
    doing = anew(people)
    back = Mode.UNARCHIVE if away == Mode.ARCHIVE else Mode.RESTORE
    write(doing, "persons", SaveRequest(back, into))
    merge(people, into, loser)
    before = world(people)
    undone, _ = undo(people, doing.operation, UndoMode.FORCE)
    assert [left.code for left in undone.left] == ["has_merged"]
    assert world(people) == before


@pytest.mark.parametrize("gives_back", [False, True])
def test_a_name_that_went_to_the_survivor_comes_back_or_is_listed(
    people: Caller, gives_back: bool
) -> None:
    into, loser = person(people, "X"), person(people, "Y", mail="y@example.com")
    _, operation = merge(people, into, loser, rules={"mail": "into"})
    change(people, "persons", into, mail="y@example.com")
    if gives_back:
        change(people, "persons", into, mail=None)
    undone, _ = undo(people, operation)
    left = [] if gives_back else ["unique"]
    assert [each.code for each in undone.left] == left
    assert merged_into(loser) is None


def test_records_whose_links_moved_are_counted(people: Caller) -> None:
    into, loser = person(people, "X"), person(people, "Y")
    for name in "CD":
        make_record(people, "companies", name=name, founder=loser)
    _, operation = merge(people, into, loser)
    for _ in range(2):
        undone, operation = undo(people, operation)
        assert undone.counts["relinked"] == 2
        assert undone.records >= 3
