"""Taking merges back: links, what changed since, and dry runs."""

from __future__ import annotations

import pytest

from records.services.undoing.undo_plans import UndoMode
from tests.factories import Caller, make_record
from tests.services.acting import read
from tests.services.merging.acting import change, make_people, merge, person, world

from .acting import undo


@pytest.fixture
def people(workspace: Caller) -> Caller:
    return make_people(workspace)


def test_a_dry_run_of_the_undo_changes_nothing(people: Caller) -> None:
    into, loser = person(people, "Ann"), person(people, "Anne", "7")
    make_record(people, "companies", name="C", contacts=[loser])
    _, operation = merge(people, into, loser)
    after = world(people)
    undone, _ = undo(people, operation, dry_run=True)
    assert undone.records == 3
    assert world(people) == after


def test_what_changed_since_stays_and_is_listed(people: Caller) -> None:
    into, loser, third = (person(people, name) for name in ("Ann", "Anne", "Third"))
    company = make_record(people, "companies", name="C", founder=loser).record.uuid
    other = make_record(people, "companies", name="D", founder=loser).record.uuid
    _, operation = merge(people, into, loser, rules={"name": "from"})
    change(people, "persons", into, name="Annette")
    change(people, "companies", company, founder=third)
    undone, _ = undo(people, operation)
    names = {
        spec.id: spec.name for o in ("persons", "companies") for spec in people.schema(o).stored
    }
    assert sorted((names[left.field_id or 0], left.code) for left in undone.left) == [
        ("founder", "changed_since"),
        ("name", "changed_since"),
    ]
    assert read(people, "companies", company)["founder"]["id"] == third
    assert read(people, "companies", other)["founder"]["id"] == loser
    undone, _ = undo(people, operation, UndoMode.FORCE)
    assert read(people, "persons", into)["name"] == "Ann"
