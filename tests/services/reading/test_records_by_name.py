"""Many records at once, by every kind of name, as far as the caller may see them."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidInput
from records.services.reading.records_by_name import RecordNames, get_records
from records.services.storage import PROBED_FROM, ExternalKey
from tests.factories import Caller, archive, make_member, make_object, make_record
from tests.services.acting import refusal, upsert


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    make_object(workspace, "Notes")
    return workspace


def found(caller: Caller, names: RecordNames) -> list[list[str | None]]:
    schema = caller.schema("notes")
    answer = get_records(caller.author, schema, names, ())
    return [[view.display_name if view else None for view in views] for views in answer]


def test_each_name_leads_to_its_record_or_to_none(notes: Caller) -> None:
    first = make_record(notes, "notes", name="Straße 5").record
    gone = make_record(notes, "notes", name="Gone").record
    archive(notes, "notes", gone.uuid)
    upsert(
        notes,
        "notes",
        "E-1",
        match_field="external_id",
        external_source="crm",
        sent={"name": "Named"},
    )

    names = RecordNames(
        [first.uuid.upper(), gone.uuid, "nonsense", first.uuid],
        ["  STRASSE 5", "gone", "", "\x00", "named"],
        [ExternalKey("crm", "E-1"), ExternalKey("", "E-1")],
    )
    assert found(notes, names) == [
        ["Straße 5", None, None, "Straße 5"],
        ["Straße 5", None, None, None, "Named"],
        ["Named", None],
    ]
    assert found(notes, RecordNames()) == [[], [], []]


def test_as_many_names_as_make_it_look_elsewhere(notes: Caller) -> None:
    for name in ("One", "Two"):
        make_record(notes, "notes", name=name)

    many = ["two", *(f"none {at}" for at in range(PROBED_FROM)), "ONE"]
    assert found(notes, RecordNames(identifiers=many))[1] == ["Two", *[None] * PROBED_FROM, "One"]


def test_records_out_of_sight_are_not_there(notes: Caller) -> None:
    row = make_record(notes, "notes", name="Mine").record
    other = make_member(notes, "other@example.com", {"notes": {"view": "own"}})

    names = RecordNames([row.uuid], ["Mine"])
    assert found(other, names) == [[None], [None], []]


def test_an_object_without_an_identifier_has_no_names(workspace: Caller) -> None:
    make_object(workspace, "Notes", identifier_field=None)

    schema = workspace.schema("notes")
    error = refusal(get_records, workspace.author, schema, RecordNames(identifiers=["x"]), ())
    assert isinstance(error, InvalidInput)
    assert error.path == ("names",)
