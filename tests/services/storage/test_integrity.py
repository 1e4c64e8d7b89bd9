"""The ledger: one row per write, the record as it was at each, and proof that nothing else
differs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from records.exceptions import NotFound
from records.models import FieldValue, Record
from records.services.reading.field_selection import select_fields
from records.services.reading.history import get_record_as_of
from records.services.storage.integrity import reindex
from records.services.writing.save_requests import Mode
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    make_member,
    make_object,
    make_record,
    make_relation,
    make_workspace,
)
from tests.services.acting import (
    by_name,
    differences,
    history,
    names,
    read,
    refusal,
    save,
    unarchive,
)

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    """Notes that link to notes, with values of every indexed kind."""
    make_object(
        workspace,
        "Notes",
        FieldDefinition("Text", "longtext"),
        FieldDefinition("Amount", "decimal"),
        FieldDefinition("Day", "date"),
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition("Code", "text", is_unique=True),
        display_pattern="{name} / {text}",
    )
    make_relation(workspace, "notes", "See", "notes", "additional", "Seen from")
    return workspace


def as_of(caller: Caller, uuid: str, when: datetime) -> dict[str, Any]:
    author, schema = caller.author, caller.schema("notes")
    return by_name(
        get_record_as_of(
            author, schema, uuid, when, select_fields(author, schema, include_hidden=True)
        )
    )


def test_the_record_is_seen_as_it_was_after_each_write(notes: Caller) -> None:
    other = make_record(notes, "notes", name="Other").record.uuid
    steps: list[dict[str, Any]] = [
        {"text": "a", "amount": 1, "tags": ["x"]},
        {"text": None, "tags": ["y", "x"], "see": [other]},
        {"text": "b", "amount": 2.5, "day": "2024-02-29", "name": "Renamed"},
        {"see": [], "code": "c"},
    ]
    with time_machine.travel(START, tick=False):
        uuid = make_record(notes, "notes", name="Note").record.uuid
    seen = [read(notes, "notes", uuid)]
    for at, step in enumerate(steps, start=1):
        with time_machine.travel(START + timedelta(hours=at), tick=False):
            change_record(notes, "notes", uuid, **step)
        seen.append(read(notes, "notes", uuid))
    for at, expected in enumerate(seen):
        for late in (timedelta(0), timedelta(minutes=59)):
            assert as_of(notes, uuid, START + timedelta(hours=at) + late) == expected
    assert isinstance(refusal(as_of, notes, uuid, START - timedelta(microseconds=1)), NotFound)


def test_a_record_is_not_seen_as_of_a_time_when_it_was_archived(notes: Caller) -> None:
    with time_machine.travel(START, tick=False) as clock:
        uuid = make_record(notes, "notes", name="Note").record.uuid
        clock.shift(3600)
        archive(notes, "notes", uuid)
        clock.shift(3600)
        assert as_of(notes, uuid, START)["name"] == "Note"
        unarchive(notes, "notes", uuid)
    assert isinstance(refusal(as_of, notes, uuid, START + timedelta(minutes=90)), NotFound)
    assert as_of(notes, uuid, START + timedelta(hours=2))["name"] == "Note"


def test_history_tells_what_each_write_changed_by_whom_and_through_what(notes: Caller) -> None:
    clerk = make_member(
        notes, "clerk@example.com", {"notes": {"view": "all", "edit": "all", "remove": "all"}}
    )
    uuid = make_record(notes, "notes", name="Note", amount=1, tags=["x"]).record.uuid
    change_record(clerk, "notes", uuid, amount=None, tags=["y"])
    save(clerk, "notes", Mode.ARCHIVE, uuid)
    rows = history(notes, "notes", uuid)
    assert [(row.version, row.action) for row in rows] == [
        (3, "archived"),
        (2, "updated"),
        (1, "created"),
    ]
    changes = {
        change.field.name: (names(change.old), names(change.new)) for change in rows[1].changes
    }
    assert changes == {"amount": (1, None), "tags": (["x"], ["y"])}
    assert rows[1].member is not None
    assert (rows[1].member["email"], rows[1].source) == ("clerk@example.com", "command")
    assert rows[0].changes == []
    assert {change.field.name for change in rows[2].changes} == {"name", "amount", "tags", "owner"}


ADD_ROW = (
    "INSERT INTO records_fieldvalue (record_id, field_id, position, workspace_id, number, live)"
    " VALUES ({}, {{w}}, 5, TRUE)"
)
TEAR = "UPDATE records_historicalrecord SET changes = '{}' WHERE workspace_id = {} AND version = 2"
DAMAGE: list[tuple[str, str]] = [
    (
        (
            "DELETE FROM records_fieldvalue WHERE workspace_id = {w} AND record_id = {r} AND "
            "field_id = {amount}"
        ),
        "index",
    ),
    (
        "UPDATE records_fieldvalue SET number = 2 WHERE workspace_id = {w} AND field_id = {amount}",
        "index",
    ),
    (
        "UPDATE records_fieldvalue SET text = 'x' WHERE workspace_id = {w} AND field_id = {text}",
        "index",
    ),
    (
        (
            "UPDATE records_fieldvalue SET overflow = NULL WHERE workspace_id = {w} AND field_id "
            "= {text}"
        ),
        "index",
    ),
    (
        (
            "UPDATE records_fieldvalue SET unique_key = NULL WHERE workspace_id = {w} AND "
            "field_id = {code}"
        ),
        "index",
    ),
    (
        "UPDATE records_fieldvalue SET live = FALSE WHERE workspace_id = {w} AND record_id = {r}",
        "index",
    ),
    (
        "UPDATE records_fieldvalue SET position = 7 WHERE workspace_id = {w} AND field_id = {day}",
        "index",
    ),
    (ADD_ROW.format("{r}, {amount}, 1"), "index"),
    (ADD_ROW.format("999999, {amount}, 0"), "index"),
    (
        "DELETE FROM records_historicalrecord WHERE workspace_id = {w} AND id = {r} AND version = 2",
        "ledger",
    ),
    (
        "DELETE FROM records_historicalrecord WHERE workspace_id = {w} AND id = {r} AND version = 3",
        "ledger",
    ),
    (
        (
            "UPDATE records_historicalrecord SET version = 9 WHERE workspace_id = {w} AND id = "
            "{r} AND version = 3"
        ),
        "ledger",
    ),
    (
        (
            "UPDATE records_historicalrecord SET state = 'archived' WHERE workspace_id = {w} AND "
            "id = {r}"
        ),
        "ledger",
    ),
    (
        (
            "UPDATE records_historicalrecord SET changes = '{{}}' WHERE workspace_id = {w} AND "
            "version = 2"
        ),
        "ledger",
    ),
    (TEAR.format('{{"{amount}": [77, 3]}}', "{w} AND id = {r}"), "ledger"),
    ("UPDATE records_record SET version = 4 WHERE workspace_id = {w} AND id = {r}", "ledger"),
    (
        "UPDATE records_record SET state = 'archived' WHERE workspace_id = {w} AND id = {r}",
        "ledger",
    ),
    ("UPDATE records_record SET identifier = 'x' WHERE workspace_id = {w} AND id = {r}", "record"),
    (
        "UPDATE records_record SET display_name = 'x' WHERE workspace_id = {w} AND id = {r}",
        "record",
    ),
    ("UPDATE records_record SET display_key = 'x' WHERE workspace_id = {w} AND id = {r}", "record"),
    ("UPDATE records_record SET owner_id = NULL WHERE workspace_id = {w} AND id = {r}", "record"),
]


def _damaged(notes: Caller, uuid: str, statement: str) -> None:
    schema = notes.schema("notes")
    key = Record.objects.get(workspace_id=notes.workspace.id, uuid=uuid).id
    places = {name: field.id for name, field in schema.by_name.items()}
    with connection.cursor() as cursor:
        cursor.execute(statement.format(w=notes.workspace.id, r=key, **places))
        assert cursor.rowcount > 0, statement


@pytest.fixture
def note(notes: Caller) -> str:
    """A note with three versions and a bit of everything."""
    uuid = make_record(
        notes, "notes", name="Note", text="x" * 300, day="2024-02-29", code="c"
    ).record.uuid
    change_record(notes, "notes", uuid, amount=3)
    change_record(notes, "notes", uuid, tags=["x"])
    return uuid


@pytest.mark.parametrize(("statement", "kind"), DAMAGE)
def test_damage_of_each_kind_is_found(notes: Caller, note: str, statement: str, kind: str) -> None:
    assert differences(notes) == []
    _damaged(notes, note, statement)
    assert kind in {what.split(":")[0] for what in differences(notes)}


def test_reindexing_mends_the_index(notes: Caller, note: str) -> None:
    make_record(notes, "notes", name="Other")
    archive(notes, "notes", make_record(notes, "notes", name="Gone", amount=1).record.uuid)
    for statement, kind in DAMAGE:
        if kind == "index":
            _damaged(notes, note, statement)
            assert reindex(notes.workspace) == 3
            assert differences(notes) == []
    FieldValue.objects.filter(workspace_id=notes.workspace.id).delete()
    assert reindex(notes.workspace) == 3
    assert differences(notes) == []


def test_checking_one_workspace_leaves_others_alone(notes: Caller, note: str) -> None:
    _damaged(notes, note, DAMAGE[0][0])
    assert differences(make_workspace("Other workspace", "other@example.com")) == []
