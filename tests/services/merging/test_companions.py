"""What stands beside records moves with them, and back."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidInput
from records.models import Attachment
from records.services.storage.given_files import MAX_FILES
from tests.factories import Caller
from tests.services.acting import refusal
from tests.services.undoing.acting import undo

from .acting import companions, key_of, make_people, merge, person, put_beside, world


@pytest.fixture
def people(workspace: Caller) -> Caller:
    return make_people(workspace)


def test_companions_of_both_are_the_survivors(people: Caller) -> None:
    into, loser = person(people, "Ann"), person(people, "Anne")
    put_beside(people, into, "one")
    put_beside(people, loser, "two")
    merge(people, into, loser)
    beside = companions(people)
    assert {owner for _, owner in beside["title"] | beside["street"]} == {key_of(into)}
    # A source and a member that the survivor has already stay where they are.
    assert len(beside["kind"]) == len(beside["member"]) == 2


def test_files_of_several_records_keep_apart_and_come_back(people: Caller) -> None:
    made = [person(people, name) for name in "abc"]
    for at, uuid in enumerate(made):
        put_beside(people, uuid, f"mark {at}")
    before = world(people)
    _, operation = merge(people, *made)
    names = {name for name, _ in companions(people)["name"]}
    assert {"same.txt", "same (2).txt", "same (3).txt"} <= names
    assert not undo(people, operation)[0].left
    assert world(people) == before


def test_a_record_has_no_more_files_by_a_merge_than_it_can_have(people: Caller) -> None:
    into, other = person(people, "a"), person(people, "b")
    for uuid, count in ((into, MAX_FILES), (other, 1)):
        Attachment.objects.bulk_create(
            Attachment(
                workspace=people.workspace, record_id=key_of(uuid), name=f"{uuid}-{at}", file="x"
            )
            for at in range(count)
        )
    error = refusal(merge, people, into, other)
    assert (type(error), error.code) == (InvalidInput, "limit_exceeded")
