"""What a batch notes for its records, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from records.models import RecordState
from records.services.storage.rows import ExternalKey, RecordRow
from records.services.writing.locked_records import LockedRecords
from records.services.writing.save_requests import Attributes
from records.services.writing.unit_of_work import UnitOfWork
from tests.factories import (
    Caller,
    FieldDefinition,
    make_field,
    make_object,
    make_record,
    set_pattern,
)
from tests.services.acting import cost, differences, history, read


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Parts",
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Details", "json"),
        FieldDefinition("Sizes", "dynamictags"),
    )
    return workspace


def unit(parts: Caller, *, alone: bool = False) -> UnitOfWork:
    return UnitOfWork(parts.author, LockedRecords(parts.schema("parts")), alone=alone)


def keyed(parts: Caller, values: dict[str, Any]) -> dict[str, Any]:
    """The values by the keys that documents have."""
    by_name = parts.schema("parts").by_name
    return {str(by_name[name].id): value for name, value in values.items()}


def row(parts: Caller, **values: Any) -> RecordRow:
    return RecordRow(5, "01920000-0000-7000-8000-000000000005", keyed(parts, values), version=1)


SAME: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "the same": ({"code": "a"}, {"code": "a"}, True),
    "another": ({"code": "a"}, {"code": "b"}, False),
    "one less": ({"code": "a"}, {}, False),
    "one more": ({}, {"code": "a"}, False),
    "true for 1 in a document": ({"details": [1]}, {"details": [True]}, False),
    "1.0 for 1 in a document": ({"details": {"a": 1}}, {"details": {"a": 1.0}}, False),
    "a document in another order": (
        {"details": {"a": 1, "b": 2}},
        {"details": {"b": 2, "a": 1}},
        True,
    ),
    "a list in another order": ({"sizes": [1, 2]}, {"sizes": [2, 1]}, False),
}


@pytest.mark.parametrize(("before", "after", "same"), SAME.values(), ids=SAME.keys())
def test_values_that_are_the_same_leave_no_trace(
    parts: Caller, before: dict[str, Any], after: dict[str, Any], same: bool
) -> None:
    work, held = unit(parts), row(parts, **before)
    result = work.apply(held, keyed(parts, after), "updated")
    assert (result.action, len(work.changes.ledger), held.version) == (
        ("unchanged", 0, 1) if same else ("updated", 1, 2)
    )


ATTRIBUTES: dict[str, tuple[Attributes, bool]] = {
    "none": (Attributes(), False),
    "what it has": (Attributes(external=None, member_id=None, assignment_task_id=None), False),
    "an external id": (Attributes(external=ExternalKey("", "7")), True),
    "a member": (Attributes(member_id=3), True),
    "a task": (Attributes(assignment_task_id=3), True),
}


@pytest.mark.parametrize(("attributes", "changes"), ATTRIBUTES.values(), ids=ATTRIBUTES.keys())
def test_what_stands_beside_the_values_is_a_change_of_its_own(
    parts: Caller, attributes: Attributes, changes: bool
) -> None:
    work, held = unit(parts), row(parts)
    assert work.apply(held, {}, "updated", attributes).action == (
        "updated" if changes else "unchanged"
    )


def test_the_ledger_has_each_version_as_it_was(parts: Caller) -> None:
    work, held = unit(parts), row(parts)
    for code in ("a", "b"):
        work.apply(held, keyed(parts, {"code": code}), "updated")
    key = next(iter(keyed(parts, {"code": "a"})))
    assert [
        (entry.snapshot.version, entry.snapshot.values, entry.changes)
        for entry in work.changes.ledger
    ] == [
        (2, {key: "a"}, {key: [None, "a"]}),
        (3, {key: "b"}, {key: ["a", "b"]}),
    ]
    assert list(work.changes.updated) == [5]


UNINDEXED: dict[str, tuple[bool, dict[str, Any], dict[str, Any], list[str]]] = {
    "overwritten by a record alone": (True, {"code": "a"}, {"code": "b"}, []),
    "a unique value that another may take": (False, {"code": "a"}, {"code": "b"}, ["code"]),
    "taken away": (True, {"code": "a"}, {}, ["code"]),
    "new": (False, {}, {"code": "a"}, []),
    "a list, which may be shorter": (True, {"sizes": [1, 2]}, {"sizes": [1]}, ["sizes"]),
}


@pytest.mark.parametrize(
    ("alone", "before", "after", "expected"), UNINDEXED.values(), ids=UNINDEXED.keys()
)
def test_index_rows_go_first_where_they_are_not_all_overwritten(
    parts: Caller, alone: bool, before: dict[str, Any], after: dict[str, Any], expected: list[str]
) -> None:
    work = unit(parts, alone=alone)
    work.apply(row(parts, **before), keyed(parts, after), "updated")
    by_id = parts.schema("parts").by_id
    assert [by_id[key].name for keys in work.changes.unindexed.values() for key in keys] == expected


def test_a_unique_value_passes_on_within_the_batch(parts: Caller) -> None:
    work, spec = unit(parts), parts.schema("parts").by_name["code"]
    first, second = row(parts, code="a"), RecordRow(6, "01920000-0000-7000-8000-000000000006", {})
    work.locked.hold(first, spec, "a")
    work.apply(first, {}, "updated")
    assert not work.locked.is_taken(second, spec, "a")
    work.apply(second, keyed(parts, {"code": "a"}), "updated")
    assert work.locked.is_taken(first, spec, "a")


MOVES: dict[RecordState, tuple[str | None, bool, bool]] = {
    RecordState.ARCHIVED: ("bolt", False, True),
    RecordState.DELETED: (None, True, False),
}


@pytest.mark.parametrize(("state", "expected"), MOVES.items())
def test_the_trash_keeps_no_name_and_the_archive_all(
    parts: Caller, state: RecordState, expected: tuple[str | None, bool, bool]
) -> None:
    work, spec = unit(parts), parts.schema("parts").by_name["code"]
    held = row(parts, name="Bolt", code="a")
    held.identifier = "bolt"
    work.locked.hold(held, spec, "a")
    work.move(held, state)
    other = RecordRow(6, "01920000-0000-7000-8000-000000000006", {})
    assert (
        held.identifier,
        held.id in work.changes.released,
        work.locked.is_taken(other, spec, "a"),
    ) == expected
    assert work.changes.live_changed == {5: False}


def test_a_tombstone_says_which_record_and_nothing_of_what_it_held(parts: Caller) -> None:
    work, held = unit(parts), row(parts, name="Bolt", code="a")
    held.state = "deleted"
    work.note_tombstone(held)
    (entry,) = work.changes.ledger
    assert entry.snapshot.state == "deleted"
    assert (entry.snapshot.uuid, entry.snapshot.version, entry.action) == (held.uuid, 2, "deleted")
    assert (entry.snapshot.values, entry.snapshot.display_name, entry.changes) == ({}, "", {})


@pytest.mark.parametrize(
    ("member_id", "keeper", "expected"),
    [(None, None, {}), (7, None, {"own": [7]}), (8, 1, {"own": [1, 8]}), (7, 7, {"own": [7]})],
)
def test_a_tombstone_says_whose_own_the_record_was(
    parts: Caller, member_id: int | None, keeper: int | None, expected: dict[str, list[int]]
) -> None:
    make_field(parts, "parts", "Keeper", "team_selector")
    work, held = unit(parts), row(parts, name="Bolt", **({"keeper": keeper} if keeper else {}))
    held.member_id = member_id
    work.note_tombstone(held)
    assert work.changes.ledger[-1].changes == expected


def test_only_a_live_record_is_merged_into_none(parts: Caller) -> None:
    work, held = unit(parts), row(parts, name="Bolt")
    held.merged_into = 9
    kept = []
    for state in (RecordState.ARCHIVED, RecordState.DELETED, RecordState.ACTIVE):
        work.move(held, state)
        kept.append(held.merged_into)
    assert kept == [9, 9, None]


def test_what_is_noted_is_stored_at_once(parts: Caller) -> None:
    set_pattern(parts, "parts", "{name}/{code}")
    made = [make_record(parts, "parts", name=name, code=name).record for name in ("A", "B", "C")]
    work = unit(parts)
    for held in made:
        work.apply(
            held, {**held.values, **keyed(parts, {"code": f"{held.display_name[0]}2"})}, "updated"
        )
    assert [len(history(parts, "parts", held.uuid)) for held in made] == [1, 1, 1]
    with transaction.atomic():
        spent = cost(work.store)
    assert spent <= 5
    assert [read(parts, "parts", held.uuid)["code"] for held in made] == ["A2", "B2", "C2"]
    assert [len(history(parts, "parts", held.uuid)) for held in made] == [2, 2, 2]
    assert differences(parts) == []
