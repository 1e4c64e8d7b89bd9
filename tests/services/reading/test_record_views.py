"""Which record is read, and in what form."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import NotFound
from records.services.reading.field_selection import select_fields
from records.services.reading.record_views import (
    get_record,
    get_record_by_identifier,
    get_record_by_key,
    view_records,
)
from records.services.reading.related import SHOWN
from records.services.storage.rows import lock_records
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import by_name, refusal


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Notes",
        FieldDefinition("Size", "dropdown", options=[OptionDefinition("Small")]),
        FieldDefinition("Sealed", "text", is_hidden=True),
    )
    make_relation(workspace, "notes", "See", "notes", "additional", "Seen from")
    return workspace


def test_a_record_is_found_by_each_of_its_keys_while_it_is_live(notes: Caller) -> None:
    author, schema = notes.author, notes.schema("notes")
    row = make_record(notes, "notes", name="Straße 5", size="Small").record
    fields = select_fields(author, schema)
    assert by_name(get_record(author, schema, row.uuid, fields))["size"]["name"] == "Small"
    assert by_name(get_record_by_key(author, schema, row.id, fields))["size"] == "Small"
    for spelling in ("STRASSE  5", " strasse 5 "):
        assert get_record_by_identifier(author, schema, spelling, fields).uuid == row.uuid
    for nothing in ("", "x" * 20_000, "a\x00"):
        assert isinstance(
            refusal(get_record_by_identifier, author, schema, nothing, fields), NotFound
        )
    archive(notes, "notes", row.uuid)
    assert isinstance(refusal(get_record, author, schema, row.uuid, fields), NotFound)
    assert isinstance(refusal(get_record_by_key, author, schema, row.id, fields), NotFound)


def test_a_long_list_is_cut_and_its_total_is_noted(notes: Caller) -> None:
    seen = [make_record(notes, "notes", name=f"n{at}").record.uuid for at in range(SHOWN + 1)]
    uuid = make_record(notes, "notes", name="all", see=seen).record.uuid
    author, schema = notes.author, notes.schema("notes")
    see = schema.by_name["see"]
    rows = [row for row in lock_records(schema, ("TRUE", [])) if row.uuid == uuid]
    for whole, number in ((False, SHOWN), (True, SHOWN + 1)):
        (view,) = view_records(author, schema, rows, [see], whole=whole)
        assert len(view.values[see.id]) == number
        assert view.totals == {see.id: SHOWN + 1}


def test_a_record_out_of_sight_shows_nothing(notes: Caller) -> None:
    make_record(notes, "notes", name="mine")
    stranger = make_member(notes, "own@example.com", {"notes": {"view": "own"}})
    schema = notes.schema("notes")
    (view,) = view_records(
        stranger.author, schema, lock_records(schema, ("TRUE", [])), schema.fields
    )
    assert not view.access.view
    assert view.values == {}


def test_formulas_that_fail_say_why_to_those_who_see_them(notes: Caller) -> None:
    make_field(notes, "notes", "Pages", "integer")
    division = {"formula_options": {"expression": "100 / record.data.pages"}}
    make_field(notes, "notes", "Share", "formula", settings=division)
    failing, blank, whole = (
        make_record(notes, "notes", name=name, pages=pages).record.uuid
        for name, pages in (("None", 0), ("Unknown", None), ("Four", 4))
    )

    def errors(caller: Caller, uuid: str, **asked: Any) -> dict[str, str]:
        schema = caller.schema("notes")
        fields = select_fields(caller.author, schema, **asked)
        found = get_record(caller.author, schema, uuid, fields).formula_errors
        return {spec.name: reason for spec, reason in found.items()}

    assert errors(notes, failing) == {"share": "It divides by zero."}
    assert errors(notes, failing, field_names=["pages"]) == {}
    assert errors(notes, blank) == errors(notes, whole) == {}
    clerk = make_member(
        notes, "clerk@example.com", {"notes": {"view": "all"}}, hidden=[("notes", "share")]
    )
    assert errors(clerk, failing) == {}
