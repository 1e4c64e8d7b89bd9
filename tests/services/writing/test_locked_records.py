"""The records a batch holds, by all of their names, as its requests leave them."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.storage.rows import ExternalKey, RecordRow
from records.services.writing.locked_records import LockedRecords
from records.services.writing.save_requests import Mode, SaveRequest
from records.services.writing.values import Change, Parsed
from tests.factories import Caller, FieldDefinition, make_object

KEY = ExternalKey("crm", "7")


@pytest.fixture
def locked(workspace: Caller) -> LockedRecords:
    """The records of an object with a unique field, none of them read yet."""
    make_object(workspace, "Parts", FieldDefinition("Code", "text", is_unique=True))
    return LockedRecords(workspace.schema("parts"))


def row(key: int, **values: Any) -> RecordRow:
    return RecordRow(key, f"uuid-{key}", {}, **values)


def named(key: int, state: str = "active") -> RecordRow:
    return row(key, external_source=KEY.source, external_id=KEY.id, state=state)


def test_a_record_is_found_by_each_of_its_names(locked: LockedRecords) -> None:
    kept = row(5, identifier="bolt", external_source=KEY.source, external_id=KEY.id)
    locked.remember(kept)
    asked = (
        SaveRequest(Mode.UPDATE, "uuid-5"),
        SaveRequest(Mode.UPDATE, record_id=5),
        SaveRequest(Mode.UPDATE, external=KEY),
        SaveRequest(Mode.UPDATE, match_key=" BOLT "),
    )
    assert [locked.find(request) for request in asked] == [kept] * 4
    assert locked.match(SaveRequest(Mode.UPSERT, match_key=" BOLT ")) is kept
    assert locked.match(SaveRequest(Mode.UPSERT, external=KEY)) is kept


@pytest.mark.parametrize(
    "request_",
    [
        SaveRequest(Mode.UPDATE, "uuid-6"),
        SaveRequest(Mode.UPDATE, record_id=6),
        SaveRequest(Mode.UPDATE, external=ExternalKey("", KEY.id)),
        SaveRequest(Mode.UPDATE),
    ],
    ids=["uuid", "key", "external id of another source", "nothing"],
)
def test_what_was_not_read_is_not_found(locked: LockedRecords, request_: SaveRequest) -> None:
    locked.remember(named(5))
    assert locked.find(request_) is None


@pytest.mark.parametrize("holder", ["row", "key", "key of one that was not read"])
def test_a_record_is_found_by_the_unique_value_it_holds(locked: LockedRecords, holder: str) -> None:
    spec = locked.schema.by_name["code"]
    kept = row(5, identifier="a-1")
    locked.remember(kept)
    holders: dict[str, RecordRow | int] = {"row": kept, "key": 5}
    locked.unique_holders[(spec.id, "b-2")] = holders.get(holder, 6)
    expected = None if holder.startswith("key of") else kept
    for mode, find in ((Mode.UPDATE, locked.find), (Mode.UPSERT, locked.match)):
        assert find(SaveRequest(mode, match_field=spec, match_key="b-2")) is expected
        assert find(SaveRequest(mode, match_field=spec, match_key="a-1")) is None
        assert find(SaveRequest(mode, match_key="b-2")) is None


EXTERNAL: dict[str, tuple[list[tuple[int, str]], int | None]] = {
    "the live one": ([(1, "archived"), (2, "active"), (3, "archived")], 2),
    "the newest archived one": ([(1, "archived"), (3, "archived"), (2, "archived")], 3),
    "none in the trash": ([(1, "deleted")], None),
}


@pytest.mark.parametrize(("held", "expected"), EXTERNAL.values(), ids=EXTERNAL.keys())
def test_an_external_id_means_one_record(
    locked: LockedRecords, held: list[tuple[int, str]], expected: int | None
) -> None:
    for key, state in held:
        locked.remember(named(key, state))
    found = locked.find(SaveRequest(Mode.UPDATE, external=KEY))
    assert (found and found.id) == expected


def test_an_upsert_matches_no_archived_record_by_external_id(locked: LockedRecords) -> None:
    locked.remember(named(1, "archived"))
    assert locked.match(SaveRequest(Mode.UPSERT, external=KEY)) is None


def test_an_upsert_with_a_lookup_value_matches_on_that_alone(locked: LockedRecords) -> None:
    locked.remember(named(1))
    nut = row(2, identifier="nut")
    locked.remember(nut)
    asked = SaveRequest(Mode.UPSERT, external=KEY, match_key="Nut")
    assert locked.match(asked) is nut


def test_names_that_are_given_up_are_free_for_the_requests_that_follow(
    locked: LockedRecords,
) -> None:
    first, second = row(1, identifier="bolt", external_source="crm", external_id="7"), row(2)
    locked.remember(first)
    assert locked.is_named(second, KEY)
    assert not locked.is_named(first, KEY)

    locked.forget_names(first)
    first.identifier = first.external_id = None
    locked.remember(first)

    assert not locked.is_named(second, KEY)
    assert locked.match(SaveRequest(Mode.UPSERT, match_key="bolt")) is None
    assert locked.find(SaveRequest(Mode.UPDATE, "uuid-1")) is first


def test_names_that_another_has_taken_stay_with_that_one(locked: LockedRecords) -> None:
    first, second = row(1, identifier="bolt"), row(2, identifier="bolt")
    locked.remember(first)
    locked.remember(second)
    locked.forget(first)
    assert locked.match(SaveRequest(Mode.UPSERT, match_key="bolt")) is second
    assert locked.find(SaveRequest(Mode.UPDATE, "uuid-1")) is None


def test_a_new_record_is_found_before_it_has_a_key(locked: LockedRecords) -> None:
    made = [RecordRow(0, f"uuid-{at}", {}) for at in range(2)]
    for new in made:
        locked.remember(new)
    assert [locked.find(SaveRequest(Mode.UPDATE, new.uuid)) for new in made] == made
    assert locked.by_id == {}


@pytest.mark.parametrize("holder", ["row", "key"])
def test_a_unique_value_is_taken_by_all_but_its_holder(locked: LockedRecords, holder: str) -> None:
    spec = locked.schema.by_name["code"]
    first, second = row(1), row(2)
    locked.unique_holders[(spec.id, "a-1")] = first if holder == "row" else first.id
    asked = [(first, "a-1"), (second, "a-1"), (second, "a-2")]
    assert [locked.is_taken(who, spec, value) for who, value in asked] == [False, True, False]

    locked.give_up(second, spec, "a-1")
    assert locked.is_taken(second, spec, "a-1"), "only its holder gives a value up"

    locked.give_up(first, spec, "a-1")
    locked.hold(second, spec, "a-1")
    assert [locked.is_taken(who, spec, "a-1") for who in (first, second)] == [True, False]


def test_the_holder_of_an_identifier_is_found_however_it_is_written(locked: LockedRecords) -> None:
    kept = row(1, identifier="bolt m4")
    locked.remember(kept)
    identifier = locked.schema.identifier
    assert identifier is not None
    given = {
        value: Parsed(changes={identifier.id: Change(identifier, 0, value)})
        for value in (" Bolt  M4", "Nut", None)
    }
    assert [locked.holder_of_identifier(parsed) for parsed in given.values()] == [kept, None, None]
    assert locked.holder_of_identifier(Parsed()) is None


def test_what_another_batch_stored_is_seen_on(locked: LockedRecords) -> None:
    known = row(1, version=1, display_name="old")
    locked.remember(known)
    locked.refresh(RecordRow(1, "uuid-1", {"9": "new"}, version=2, display_name="new"))
    locked.refresh(RecordRow(2, "uuid-2", {}))
    assert (known.values, known.version, known.display_name) == ({"9": "new"}, 2, "new")
    assert list(locked.by_uuid) == ["uuid-1"]


# ---------------------------------------------------------------- merged records

# What was merged into what, by key, and the states of the records that are there.
CHAINS: dict[str, tuple[dict[int, int], dict[int, str], int | None, bool, int]] = {
    # merged into, states, survivor of 1, whether it stands in, holder of the names of 1
    "no merged record": ({}, {1: "active"}, 1, True, 1),
    "a live survivor": ({1: 2}, {1: "archived", 2: "active"}, 2, True, 1),
    "merged twice": ({1: 2, 2: 3}, {1: "archived", 2: "archived", 3: "active"}, 3, True, 1),
    "an archived survivor": ({1: 2}, {1: "archived", 2: "archived"}, 2, False, 2),
    "a survivor in the trash": ({1: 2}, {1: "archived", 2: "deleted"}, 2, False, 1),
    "no survivor any more": ({1: 2}, {1: "archived"}, None, False, 1),
}


@pytest.mark.parametrize(
    ("into", "states", "survivor", "stands_in", "holder"), CHAINS.values(), ids=CHAINS.keys()
)
def test_a_merged_record_leads_to_the_end_of_its_chain(
    locked: LockedRecords,
    into: dict[int, int],
    states: dict[int, str],
    survivor: int | None,
    stands_in: bool,
    holder: int,
) -> None:
    rows = {key: row(key, state=state, merged_into=into.get(key)) for key, state in states.items()}
    for each in rows.values():
        locked.remember(each)
    found = locked.survivor(rows[1])
    assert (found and found.id) == survivor
    assert locked.stands_in(rows[1]) is stands_in
    assert locked.archived_holder(rows[1]) is rows[holder]


def test_an_external_id_of_a_merged_record_leads_to_its_survivor(locked: LockedRecords) -> None:
    merged, survivor, other = named(1, "archived"), row(2, state="active"), row(3)
    merged.merged_into = 2
    for each in (merged, survivor, other):
        locked.remember(each)
    assert locked.match(SaveRequest(Mode.UPSERT, external=KEY)) is merged
    asked = (survivor, other, None)
    assert [locked.leads_elsewhere(who, KEY) for who in asked] == [False, True, True]
    assert not locked.leads_elsewhere(other, ExternalKey("crm", "8"))
    survivor.state = "archived"
    assert not locked.leads_elsewhere(other, KEY), "an archived record blocks no external id"


def test_a_live_record_is_matched_before_a_merged_one(locked: LockedRecords) -> None:
    merged, live = named(1, "archived"), named(2)
    merged.merged_into = 3
    locked.remember(merged)
    locked.remember(live)
    assert locked.match(SaveRequest(Mode.UPSERT, external=KEY)) is live


def test_what_led_to_a_record_is_known_over_every_merge(locked: LockedRecords) -> None:
    first, second, third, last = (row(key) for key in range(1, 5))
    for each in (first, second, third, last):
        locked.remember(each)
    locked.merged_ids = {4: [3, 2, 9], 3: [1]}  # 9 was not read
    assert locked.led_to(last) == [third, first, second]
    assert locked.led_to(first) == []
