"""A batch ends the same whatever its size, and whatever its records take from each other."""

from __future__ import annotations

import pytest

from records.services.storage.postgres_copy import FROM
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import Caller, FieldDefinition, entries, make_object
from tests.services.acting import differences, history, read, uuids_of, write_all


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Notes",
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Tags", "dynamictags"),
    )
    return workspace


@pytest.mark.parametrize("size", [1, 2, FROM - 1, FROM])
def test_created_and_changed_records_are_stored_with_index_and_ledger(
    notes: Caller, size: int
) -> None:
    made = [entries({"name": f"n{at}", "code": f"c{at}", "tags": ["x", "y"]}) for at in range(size)]
    uuids = uuids_of(
        write_all(notes, "notes", *(SaveRequest(Mode.CREATE, entries=sent) for sent in made))
    )
    fewer = entries({"tags": ["y"]})
    write_all(notes, "notes", *(SaveRequest(Mode.UPDATE, uuid, entries=fewer) for uuid in uuids))
    assert differences(notes) == []
    for uuid in (uuids[0], uuids[-1]):
        assert [row.version for row in history(notes, "notes", uuid)] == [2, 1]
        assert len(read(notes, "notes", uuid)["tags"]) == 1


@pytest.mark.parametrize("size", [2, FROM])
def test_records_of_a_batch_take_what_others_of_it_give_up(notes: Caller, size: int) -> None:
    made = [
        SaveRequest(Mode.CREATE, entries=entries({"name": f"n{at}", "code": f"c{at}"}))
        for at in range(size)
    ]
    first, *others = uuids_of(write_all(notes, "notes", *made))
    swap = [
        SaveRequest(Mode.UPDATE, first, entries=entries({"name": "free", "code": "free"})),
        SaveRequest(Mode.UPDATE, others[0], entries=entries({"name": "n0", "code": "c0"})),
        *(SaveRequest(Mode.UPDATE, uuid, entries=entries({"tags": ["x"]})) for uuid in others[1:]),
    ]
    uuids_of(write_all(notes, "notes", *swap))
    assert read(notes, "notes", others[0])["code"] == "c0"
    assert differences(notes) == []
