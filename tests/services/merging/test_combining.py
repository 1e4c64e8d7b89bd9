"""What the survivor can have of what records have."""

from __future__ import annotations

import pytest

from records.models import Member
from records.services.catalogue.versions import touch
from tests.factories import Caller, make_member, make_record
from tests.services.acting import read

from .acting import change, make_people, merge, person


@pytest.fixture
def people(workspace: Caller) -> Caller:
    return make_people(workspace)


def test_members_who_left_are_not_passed_on(people: Caller) -> None:
    gone = make_member(people, "gone@example.com").member
    into, other = person(people, "a"), person(people, "b", keeper=str(gone.uuid))
    Member.objects.filter(workspace=people.workspace, pk=gone.pk).update(is_active=False)
    touch(people.workspace.pk)
    merge(people, into, other)
    assert "keeper" not in read(people, "persons", into)


def test_a_survivor_is_not_linked_to_itself_by_a_merge(people: Caller) -> None:
    into, other, third = (person(people, name) for name in "abc")
    change(people, "persons", into, boss=other, friends=[other, third])
    change(people, "persons", other, boss=into, friends=[into, third])
    merge(people, into, other)
    values = read(people, "persons", into)
    assert ("boss" in values, [each["id"] for each in values["friends"]]) == (False, [third])


def test_a_survivor_that_is_its_own_friend_stays_so(people: Caller) -> None:
    into, other = person(people, "a"), person(people, "b")
    change(people, "persons", into, friends=[into])
    merge(people, into, other)
    assert [each["id"] for each in read(people, "persons", into)["friends"]] == [into]


def test_a_link_fills_a_blank(people: Caller) -> None:
    company = make_record(people, "companies", name="C").record.uuid
    into, other = person(people, "a"), person(people, "b", company=company)
    merge(people, into, other)
    assert read(people, "persons", into)["company"]["id"] == company
