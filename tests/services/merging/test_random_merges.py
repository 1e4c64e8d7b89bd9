"""Merges at random, of records that are linked at random: undone they leave what was before, done
again what they had left."""

from __future__ import annotations

import random
from typing import Any

import pytest

from records.exceptions import InvalidValues
from records.models import Record
from records.services.merging.choices import RULES
from tests.factories import Caller, archive, make_record
from tests.services.acting import differences
from tests.services.undoing.acting import undo

from .acting import change, make_people, merge, person, put_beside, world

PEOPLE, STEPS = 9, 6
COLOURS = [None, {"name": "A"}, {"name": "B"}]


@pytest.fixture
def people(workspace: Caller) -> Caller:
    return make_people(workspace)


def fill(people: Caller, pick: random.Random) -> list[str]:
    """People, and what they are linked to."""
    made = [
        person(people, f"Person {at}", pick.choice([None, f"key {at}"])) for at in range(PEOPLE)
    ]
    companies = [make_record(people, "companies", name=f"C{at}").record.uuid for at in range(3)]
    for at, uuid in enumerate(made):
        others = [other for other in made if other != uuid]
        values: dict[str, Any] = {
            "mail": pick.choice([None, f"{at}@example.com"]),
            "age": pick.choice([None, 1, 2, 3]),
            "note": pick.choice([None, "a", "longer"]),
            "colour": pick.choice(COLOURS),
            "labels": pick.sample(["x", "y", "z"], pick.randint(0, 2)),
            "boss": pick.choice([None, *others]),
            "friends": pick.sample(others, pick.randint(0, 3)),
            "company": pick.choice([None, *companies]),
        }
        change(people, "persons", uuid, **values)
    for uuid in companies:
        founder, contacts = pick.choice(made), pick.sample(made, 3)
        change(people, "companies", uuid, founder=founder, contacts=contacts)
    for at, driver in enumerate(pick.sample(made, 4)):
        make_record(people, "cars", name=f"Car {at}", driver=driver)
    archive(people, "companies", companies[0])
    for at, uuid in enumerate(pick.sample(made, 4)):
        put_beside(people, uuid, f"mark {at}")
    return made


def rules(pick: random.Random) -> dict[str, Any]:
    words = [word for word in RULES if word not in ("union", "longest", "concat")]
    chosen: dict[str, Any] = {
        name: pick.choice(words) for name in pick.sample(["age", "colour", "boss"], 2)
    }
    chosen["note"] = pick.choice(["longest", "concat", {"value": "written"}])
    return chosen


def live(people: Caller) -> list[str]:
    rows = Record.objects.filter(workspace=people.workspace, object__name="persons", state="active")
    return [str(uuid) for uuid in rows.order_by("id").values_list("uuid", flat=True)]


@pytest.mark.parametrize("seed", range(5))
def test_merges_are_undone_and_done_again(people: Caller, seed: int) -> None:
    pick = random.Random(seed)
    fill(people, pick)
    worlds, operations = [world(people)], []
    for _ in range(STEPS):
        chosen = pick.sample(live(people), pick.randint(2, 3))
        try:
            _, operation = merge(people, *chosen, rules=rules(pick))
        except (ValueError, InvalidValues):  # too few are left
            break
        operations.append(operation)
        worlds.append(world(people))
        assert differences(people) == []
        if len(live(people)) < 4:
            break
    for _ in range(2):  # there and back again, twice
        undos = []
        for at in reversed(range(len(operations))):
            undone, operation = undo(people, operations[at])
            assert not undone.left, (at, undone.left)
            assert world(people) == worlds[at], at
            undos.append(operation)
        assert differences(people) == []
        operations = []
        for at, operation in enumerate(reversed(undos), 1):
            undone, again = undo(people, operation)
            assert not undone.left, (at, undone.left)
            assert world(people) == worlds[at], at
            operations.append(again)
        assert differences(people) == []
