"""Which record has what a refused write gives, to those who may know."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import Conflict, EntryProblems, InvalidValues, Problem
from records.services.reading.value_holders import with_holders
from records.services.storage import ExternalKey
from records.services.writing import Attributes, Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    entries,
    make_member,
    make_object,
    make_record,
)
from tests.services.acting import write


@pytest.fixture
def ships(workspace: Caller) -> Caller:
    make_object(workspace, "Ships", FieldDefinition("Hull", "text", is_unique=True))
    return workspace


def told(caller: Caller, code: str = "unique", **values: Any) -> list[str]:
    """What is said of values of which the first is refused."""
    entry = EntryProblems(0, problems=[Problem("value", code, "Taken.")])
    error = with_holders(caller.author, caller.schema("ships"), InvalidValues([entry]), values)
    assert isinstance(error, InvalidValues)
    return [problem.message for problem in error.entries[0].problems]


def test_the_holder_of_a_value_is_named(ships: Caller) -> None:
    key = make_record(ships, "ships", name="A", hull="h 1").record.id

    assert told(ships, hull=" H  1") == told(ships, name="a") == [f"Taken. It is record {key}."]
    assert told(ships, "required", hull="h 1") == ["Taken."]
    assert told(ships, hull=["h 1"]) == told(ships, nothing="h 1") == told(ships) == ["Taken."]


def test_a_holder_out_of_sight_is_not(ships: Caller) -> None:
    made = make_record(ships, "ships", name="A", hull="h 1").record
    stranger = make_member(ships, "s@example.com", {"ships": {"create": True, "view": "own"}})
    assert told(stranger, hull="h 1") == ["Taken."]
    archive(ships, "ships", made.uuid)
    assert told(ships, hull="h 1") == ["Taken."]


def test_the_holder_of_a_name_of_the_record_is_named(ships: Caller) -> None:
    request = SaveRequest(
        Mode.CREATE,
        entries=entries({"name": "A"}),
        attributes=Attributes(ExternalKey("", "x"), ships.member.id),
    )
    made = write(ships, "ships", request)
    number = f"Taken. It is record {made.record.id}."

    def said(at: str, code: str = "already_exists", **more: Any) -> str:
        error = Conflict("Taken.", code, at=at)
        return with_holders(ships.author, ships.schema("ships"), error, {}, **more).detail

    assert said("external_id", external=ExternalKey("", "x")) == number
    assert said("member_id", member_id=ships.member.id) == number
    assert said("external_id", external=ExternalKey("", "y")) == "Taken."
    assert said("external_id", "conflict", external=ExternalKey("", "x")) == "Taken."
    assert said("elsewhere") == said("member_id") == "Taken."
