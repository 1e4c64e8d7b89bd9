"""Records and index rows in the shapes of the write path."""

from __future__ import annotations

import pytest

from records.field_types import FieldSpec, field_types
from records.services.database.sql import fetch
from records.services.storage.rows import (
    Changes,
    RecordRow,
    index_cells,
    index_rows,
    keeps_others_off,
    lock_definition,
    lock_records,
    lock_with_definition,
    read_record,
    record_columns,
)
from tests.factories import Caller, change_record, make_object, make_record

TEXT = FieldSpec(1, "", "text", "Text", field_types.get("text"))
TAGS = FieldSpec(2, "", "tags", "Tags", field_types.get("dynamictags"))
TWIN = FieldSpec(3, "", "twin", "Twin", field_types.get("relationship"), relation_kind="one_to_one")


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    make_object(workspace, "Notes")
    for name in ("a", "b"):
        make_record(workspace, "notes", name=name)
    return workspace


def test_a_record_is_read_whatever_columns_follow(notes: Caller) -> None:
    schema = notes.schema("notes")
    rows = fetch(
        f"SELECT {record_columns('r')}, 1, 2 FROM records_record r WHERE r.workspace_id = %s "
        "ORDER BY r.id",
        [notes.workspace.id],
    )
    first, second = map(read_record, rows)
    name = str(schema.by_name["name"].id)
    assert (first.values[name], first.display_name, first.state, first.version) == (
        "a",
        "a",
        "active",
        1,
    )
    assert first.created_at is not None
    assert first.created_at.tzinfo is not None
    assert first.created_at <= (second.created_at or first.created_at)
    assert len(first.uuid) == 36


def test_a_copy_does_not_change_with_the_record() -> None:
    record = RecordRow(1, "u", {"1": "a"}, version=3)
    copy = record.copy()
    record.version = 4
    assert (copy.version, copy.values) == (3, {"1": "a"})


def test_locking_with_the_definition_finds_what_locking_alone_finds(notes: Caller) -> None:
    schema = notes.schema("notes")
    for condition in ("TRUE", "r.display_name = 'b'", "FALSE"):
        definition, rows = lock_with_definition(schema, (condition, []), summary=True)
        assert [row.display_name for row in rows] == [
            row.display_name for row in lock_records(schema, (condition, []))
        ]
        assert definition == lock_definition(schema)
        assert definition.version == schema.version


def test_a_version_of_a_record_is_locked_as_it_is_stored(notes: Caller) -> None:
    schema = notes.schema("notes")
    (row, *_) = lock_records(schema, ("TRUE", []))
    change_record(notes, "notes", row.uuid, name="c")
    assert [found.version for found in lock_records(schema, ("r.id = %s", [row.id]))] == [2]


CELLS = [
    (TEXT, None, False, []),
    (TEXT, "Straße", False, [("strasse", None, None)]),
    (TEXT, "A", True, [("a", None, "a")]),
    (TEXT, "x" * 300, False, [("x" * 255, "x" * 300, None)]),
    (TEXT, "x" * 300, True, [("x" * 255, "x" * 300, "x" * 300)]),
    (TAGS, [4, 5], False, [(4, None, None), (5, None, None)]),
]


@pytest.mark.parametrize(("spec", "stored", "unique", "expected"), CELLS)
def test_the_index_holds_the_scalars_of_a_value(
    spec: FieldSpec, stored: object, unique: bool, expected: list[object]
) -> None:
    assert index_cells(spec, stored, unique=unique) == expected


KEPT = [
    ("active", TEXT, True),
    ("archived", TEXT, True),
    ("deleted", TEXT, False),
    ("active", TWIN, True),
    ("archived", TWIN, False),
    ("deleted", TWIN, False),
]


@pytest.mark.parametrize(("state", "spec", "expected"), KEPT)
def test_a_record_out_of_sight_gives_up_what_it_keeps_from_others(
    state: str, spec: FieldSpec, expected: bool
) -> None:
    record = RecordRow(1, "u", {str(spec.id): "a" if spec is TEXT else [7]}, state=state)
    assert keeps_others_off(record, spec) is expected
    assert [row.unique_key is not None for row in index_rows(record, spec, unique=True)] in (
        [expected],
        [],
    )


def test_changes_begin_empty_and_apart() -> None:
    one, other = Changes(), Changes()
    one.created.append(RecordRow(1, "u", {}))
    assert other.created == []
