"""Many names are looked up at once: those that records have are found, in the caller's object
only."""

from __future__ import annotations

import pytest

from records.services.operations.lifecycle import upsert_record
from records.services.reading.record_address import Address
from records.services.storage.rows import ExternalKey
from records.services.storage.unique_lookups import PROBED_FROM, find_external, find_identifiers
from tests.factories import Caller, archive, entries, make_object, make_record


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    for label in ("Notes", "Others"):
        make_object(workspace, label)
    return workspace


@pytest.mark.parametrize("size", [0, 1, PROBED_FROM + 5])
def test_records_are_found_by_their_identifiers(notes: Caller, size: int) -> None:
    made = {make_record(notes, "notes", name=f"n{at}").record.id for at in range(3)}
    make_record(notes, "others", name="n1")
    names = [f"n{at}" for at in range(size)]
    assert len(find_identifiers(notes.schema("notes"), names)) == min(size, 3)
    assert find_identifiers(notes.schema("notes"), names) <= made


def test_the_active_record_and_the_newest_archived_one_are_found_by_external_id(
    notes: Caller,
) -> None:
    schema = notes.schema("notes")
    key, elsewhere = ExternalKey("crm", "7"), ExternalKey("", "7")
    made = []
    for name in ("old", "older", "live"):
        saved = upsert_record(
            notes.author, schema, Address(None, key), entries({"name": name})
        ).record
        made.append(saved.id)
        if name != "live":
            archive(notes, "notes", saved.uuid)
    assert find_external(schema, {elsewhere}) == set()
    assert find_external(schema, set()) == set()
    other = ExternalKey("crm", "8")
    gone = upsert_record(
        notes.author, schema, Address(None, other), entries({"name": "gone"})
    ).record
    archive(notes, "notes", gone.uuid)
    assert find_external(schema, {key, elsewhere}) == {made[1], made[2]}
    assert find_external(schema, {key, other}) == {made[1], made[2], gone.id}
    assert find_external(notes.schema("others"), {key}) == set()
