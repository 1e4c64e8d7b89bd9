"""Which value the survivor gets, for every type of field and every rule."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidValues
from tests.factories import Caller
from tests.services.acting import names, read, refusal

from .acting import make_people, merge, person

B = {"name": "B"}


@pytest.fixture
def people(workspace: Caller) -> Caller:
    return make_people(workspace)


def test_a_value_is_taken_as_a_write_takes_it(people: Caller) -> None:
    into, other = person(people, "a", age=1, labels=["x"]), person(people, "b", age=2)
    rules = {"age": {"value": "7"}, "labels": {"value": None}, "colour": {"value": B}}
    merge(people, into, other, rules=rules)
    values = read(people, "persons", into)
    assert (values["age"], "labels" in values, names(values["colour"])) == (7, False, "B")


def test_a_rule_names_the_record_whose_value_it_is(people: Caller) -> None:
    made = [person(people, f"p{at}", age=at, labels=[f"l{at}"]) for at in range(3)]
    chosen = {name: {"record": made[2]} for name in ("age", "labels", "note")}
    merge(people, *made, rules=chosen)
    values = read(people, "persons", made[0])
    assert (values["age"], names(values["labels"]), "note" in values) == (2, ["l2"], False)
    others = person(people, "q")
    error = refusal(merge, people, made[0], others, rules={"age": {"record": made[2]}})
    assert isinstance(error, InvalidValues)


def test_a_value_that_no_write_takes_is_refused_at_its_field(people: Caller) -> None:
    into, other = person(people, "a"), person(people, "b", mail="taken@example.com")
    person(people, "c", mail="third@example.com")
    rules = {
        "mail": {"value": "third@example.com"},
        "name": {"value": ""},
        "company": {"value": into},
        "colour": {"value": "Pink"},
    }
    for field, value in rules.items():
        error = refusal(merge, people, into, other, rules={field: value})
        assert isinstance(error, InvalidValues), field
        assert error.detail.startswith(f"rules.{field}: "), error.detail
