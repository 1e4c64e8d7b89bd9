"""Index rows: replaced, deleted, and live as their records are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from records.models import FieldValue
from records.services.storage.index import delete_index, replace_index
from records.services.storage.integrity import expected_index
from records.services.storage.rows import RecordRow, lock_records
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import differences, unarchive

from .test_ledger import STAMP


@pytest.fixture
def rows(workspace: Caller) -> list[RecordRow]:
    make_object(
        workspace,
        "Notes",
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition("Number", "integer"),
    )
    for at in range(2):
        make_record(workspace, "notes", name=f"note {at}", tags=["x", "y"], number=at)
    return lock_records(workspace.schema("notes"), ("TRUE", []))


def held(caller: Caller) -> set[tuple[int, str, int]]:
    names = {spec.id: spec.name for spec in caller.schema("notes").fields}
    found = FieldValue.objects.filter(workspace_id=caller.workspace.id).values_list(
        "record_id", "field_id", "position"
    )
    return {(record, names[key], position) for record, key, position in found}


@pytest.mark.parametrize("chosen", [[("tags",)], [("tags", "number")], [("tags",), ("number",)]])
def test_only_the_rows_of_these_fields_of_these_records_are_deleted(
    workspace: Caller, rows: list[RecordRow], chosen: list[tuple[str, ...]]
) -> None:
    by_name = workspace.schema("notes").by_name
    before = held(workspace)
    pairs = {row.id: set(names) for row, names in zip(rows, chosen, strict=False)}
    stamp = replace(STAMP, workspace_id=workspace.workspace.id)
    delete_index(stamp, {key: {by_name[name].id for name in names} for key, names in pairs.items()})
    assert before - held(workspace) == {row for row in before if row[1] in pairs.get(row[0], ())}


def test_the_rebuilt_index_is_the_one_that_was(workspace: Caller, rows: list[RecordRow]) -> None:
    schema = workspace.schema("notes")
    before = held(workspace)
    replace_index(schema, rows, [])
    assert held(workspace) == set()
    replace_index(schema, rows, [entry for row in rows for entry in expected_index(schema, row)])
    assert held(workspace) == before
    assert differences(workspace) == []


def test_rows_are_live_while_their_record_is(workspace: Caller, rows: list[RecordRow]) -> None:
    first, _ = rows
    mine = FieldValue.objects.filter(workspace_id=workspace.workspace.id, record_id=first.id)
    archive(workspace, "notes", first.uuid)
    assert set(mine.values_list("live", flat=True)) == {False}
    unarchive(workspace, "notes", first.uuid)
    assert set(mine.values_list("live", flat=True)) == {True}


def test_only_a_live_record_keeps_others_off_its_partner(
    workspace: Caller, rows: list[RecordRow]
) -> None:
    make_relation(workspace, "notes", "Twin", "notes", "one_to_one", "Twin of")
    first, second = rows
    change_record(workspace, "notes", first.uuid, twin=second.uuid)
    twin = workspace.schema("notes").by_name["twin"].id
    row = FieldValue.objects.filter(workspace_id=workspace.workspace.id, field_id=twin)

    assert row.values_list("live", "unique_key").get() == (True, str(second.id))
    archive(workspace, "notes", first.uuid)
    assert row.values_list("live", "unique_key").get() == (False, None)
    unarchive(workspace, "notes", first.uuid)
    assert row.values_list("live", "unique_key").get() == (True, str(second.id))


def test_what_a_long_text_has_beyond_the_index_is_kept_beside_it(workspace: Caller) -> None:
    make_object(workspace, "Notes", FieldDefinition("Note", "longtext"))
    text = "word " * 2_000
    made = make_record(workspace, "notes", name="A", note=text).record
    note = workspace.schema("notes").by_name["note"].id
    rows = FieldValue.objects.filter(workspace=workspace.workspace, record_id=made.id)
    assert [bool(row.overflow) for row in rows.filter(field_id=note)] == [True]
    assert not rows.exclude(field_id=note).exclude(overflow=None).exists()
    assert differences(workspace) == []
