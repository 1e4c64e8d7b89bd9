"""Links of other records follow merged ones."""

from __future__ import annotations

import pytest

from tests.factories import Caller, make_record
from tests.services.acting import cost, differences, read
from tests.services.undoing.acting import undo

from .acting import make_people, merge, person, world


@pytest.fixture
def people(workspace: Caller) -> Caller:
    return make_people(workspace)


def test_one_of_several_one_to_one_links_stays(people: Caller) -> None:
    into, first, second = (person(people, name) for name in ("A", "B", "C"))
    cars = [
        make_record(people, "cars", name=f"Car {at}", driver=driver).record.uuid
        for at, driver in enumerate((second, first))
    ]
    before = world(people)
    _, operation = merge(people, into, first, second)
    assert "driver" not in read(people, "cars", cars[0])
    assert read(people, "cars", cars[1])["driver"]["id"] == into
    assert not differences(people)
    assert not undo(people, operation)[0].left
    assert world(people) == before
    merge(people, first, second)
    assert read(people, "cars", cars[1])["driver"]["id"] == first


def test_links_by_a_former_id_lead_to_the_survivor(people: Caller) -> None:
    into, loser = person(people, "Ann"), person(people, "Anne")
    merge(people, into, loser)
    company = make_record(people, "companies", name="C", founder=loser, contacts=[loser, into])
    values = read(people, "companies", company.record.uuid)
    assert values["founder"]["id"] == into
    assert [each["id"] for each in values["contacts"]] == [into]


def test_the_number_of_statements_does_not_grow_with_the_links(people: Caller) -> None:
    def merged(count: int) -> int:
        into, other = person(people, f"a{count}"), person(people, f"b{count}")
        for at in range(count):
            make_record(people, "companies", name=f"C{count}-{at}", founder=other)
        return cost(merge, people, into, other)

    merged(1)  # reads the definitions
    assert merged(2) == merged(9)
