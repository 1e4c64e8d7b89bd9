"""A plan is for one call of one caller, and holds as long as the call does what was foretold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from records.exceptions import InvalidInput, PlanOutdated
from records.services.operations.plans import LIFETIME, read_plan, sign_plan
from records.services.operations.rehearsals import Effects, RecordChange
from records.services.reading.history import FieldChange
from tests.factories import Caller, FieldDefinition, make_object

ASKED = "PATCH /api/records/ships/1"


def effects(caller: Caller, **values: tuple[Any, Any]) -> Effects:
    schema = caller.schema("ships")
    changes = [FieldChange(schema.by_name[name], *pair) for name, pair in values.items()]
    change = RecordChange(schema, "a", 1, "updated", 2, changes)
    return Effects(change, [change], 1)


@pytest.fixture
def ships(workspace: Caller) -> Caller:
    make_object(workspace, "Ships", FieldDefinition("Tons", "integer"))
    return workspace


def signed(caller: Caller, found: Effects) -> str:
    plan = sign_plan(caller.author, ASKED, 200, found, {})
    assert plan is not None
    return plan


def test_it_holds_for_what_was_foretold(ships: Caller) -> None:
    plan = read_plan(ships.author, ASKED, signed(ships, effects(ships, tons=(1, 2))))

    plan.check(200, effects(ships, tons=(1, 2)), {})


@pytest.mark.parametrize(
    ("found", "status", "named"),
    [
        ({"tons": (3, 2)}, 200, ["tons"]),
        ({"tons": (1, 2), "name": ("a", "b")}, 200, ["name"]),
        ({}, 200, ["tons"]),
        ({"tons": (1, 2)}, 201, ["the answer"]),
    ],
)
def test_it_names_what_differs(
    ships: Caller, found: dict[str, Any], status: int, named: list[str]
) -> None:
    plan = read_plan(ships.author, ASKED, signed(ships, effects(ships, tons=(1, 2))))

    with pytest.raises(PlanOutdated) as refused:
        plan.check(status, effects(ships, **found), {})

    assert refused.value.fields == named
    assert named[0] in refused.value.detail


def test_it_is_for_one_call_of_one_caller(ships: Caller) -> None:
    token = signed(ships, effects(ships))
    others = replace(ships.author, api_key_id=12345)

    for author, asked, code in (
        (ships.author, "PATCH /another", "plan_mismatch"),
        (others, ASKED, "plan_mismatch"),
    ):
        with pytest.raises(InvalidInput) as refused:
            read_plan(author, asked, token)
        assert refused.value.code == code
    with pytest.raises(InvalidInput):
        read_plan(ships.author, ASKED, token[:-1] + "!")


def test_it_expires(ships: Caller) -> None:
    token = signed(ships, effects(ships))

    with (
        time_machine.travel(timezone.now() + LIFETIME + timedelta(seconds=5)),
        pytest.raises(InvalidInput) as refused,
    ):
        read_plan(ships.author, ASKED, token)

    assert refused.value.code == "plan_expired"


def test_it_says_nothing_of_the_values(ships: Caller) -> None:
    one, other = (signed(ships, effects(ships, name=("x", text))) for text in ("secret", "other"))

    digests = [read_plan(ships.author, ASKED, token).digests["name"] for token in (one, other)]
    assert digests[0] != digests[1]
    assert "secret" not in one


def test_a_write_that_does_too_much_has_none(ships: Caller) -> None:
    found = effects(ships)

    assert sign_plan(ships.author, ASKED, 200, replace(found, is_whole=False), {}) is None
    assert sign_plan(ships.author, ASKED, 200, replace(found, record_count=2), {}) is None
