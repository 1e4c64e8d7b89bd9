"""Primary keys of members and records, in the form that all interfaces share."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.writing.integer_ids import (
    MAX_KEY,
    NOBODY,
    entries_of,
    uuids_of,
)
from tests.factories import (
    Caller,
    FieldDefinition,
    make_field,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import cost


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    make_object(workspace, "Shelves")
    make_object(
        workspace,
        "Parts",
        FieldDefinition("Keeper", "team_selector"),
        FieldDefinition("Amount", "integer"),
    )
    make_relation(workspace, "parts", "Seen on", "shelves", "additional", "Sightings")
    return workspace


def put(parts: Caller, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of several records, by name."""
    made = entries_of(parts.author, parts.schema("parts"), records)
    return [{entry.name: entry.value for entry in found} for found in made]


def test_keys_become_uuids_wherever_they_stand(parts: Caller) -> None:
    rows = [make_record(parts, "shelves", name=name).record for name in "AB"]
    me = parts.member
    assert put(
        parts,
        {"keeper": me.id, "seen_on": [rows[0].id, {"id": rows[1].id}]},
        {"keeper": {"id": me.id}, "seen_on": []},
    ) == [
        {"keeper": str(me.uuid), "seen_on": [rows[0].uuid, rows[1].uuid]},
        {"keeper": str(me.uuid), "seen_on": []},
    ]


AS_SENT: dict[str, dict[str, Any]] = {
    "a number that is no key": {"amount": 7},
    "a UUID": {"keeper": "01920000-0000-7000-8000-000000000001"},
    "a name": {"seen_on": [{"name": "A"}]},
    "true": {"keeper": True},
    "null": {"keeper": None, "seen_on": None},
    "an unknown field": {"nothing": 7},
}


@pytest.mark.parametrize("values", AS_SENT.values(), ids=AS_SENT.keys())
def test_what_is_no_key_stays_as_it_was_sent(parts: Caller, values: dict[str, Any]) -> None:
    assert put(parts, values) == [values]


@pytest.mark.parametrize("key", [10**9, 0, -1, MAX_KEY, 10**30])
def test_an_unknown_key_becomes_the_id_of_nothing(parts: Caller, key: int) -> None:
    assert put(parts, {"keeper": key, "seen_on": [key]}) == [
        {"keeper": NOBODY, "seen_on": [NOBODY]}
    ]


def test_a_key_of_another_object_is_unknown(parts: Caller) -> None:
    part = make_record(parts, "parts", name="Bolt").record
    spec = parts.schema("parts").by_name["seen_on"]
    assert uuids_of(parts.author, spec, [part.id]) == {}


def test_keys_of_many_records_are_looked_up_at_once(parts: Caller) -> None:
    rows = [make_record(parts, "shelves", name=f"Shelf {at}").record for at in range(20)]
    author, schema = parts.author, parts.schema("parts")
    costs = [
        cost(entries_of, author, schema, [{"seen_on": [row.id]} for row in rows[:number]])
        for number in (1, 20)
    ]
    assert costs == [1, 1]
    assert cost(entries_of, author, schema, [{"amount": 1}]) == 0


def test_booleans_may_be_words(parts: Caller) -> None:
    """In this form alone: whoever writes JSON for `parse` writes true or false."""
    make_field(parts, "parts", "Sold", "checkbox")
    author, schema = parts.author, parts.schema("parts")
    sent = ["true", "FALSE", "yes", "No", "maybe", True, None, 1]
    entries = entries_of(author, schema, [{"sold": value} for value in sent])
    assert [entry.value for (entry,) in entries] == [
        *(True, False, True, False),
        *("maybe", True, None, 1),
    ]
