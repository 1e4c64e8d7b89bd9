"""Numbers of members and records in lines of JSON become ids; other files stay as they are."""

from __future__ import annotations

from typing import Any

from records.services.importing.matching import match_columns
from records.services.importing.numbered_values import with_ids
from records.services.tables import Row
from tests.factories import (
    Caller,
    FieldDefinition,
    make_object,
    make_record,
    make_relation,
)

HEADER = ("size", "advisor", "room", "others")


def columns(caller: Caller) -> Any:
    make_object(caller, "Rooms")
    sizes = FieldDefinition("Size", "integer"), FieldDefinition("Advisor", "team_selector")
    make_object(caller, "Trips", *sizes)
    make_relation(caller, "trips", "Room", "rooms", "primary", "Trips")
    make_relation(caller, "trips", "Others", "rooms", "additional", "Visits")
    return match_columns(caller.author, caller.schema("trips"), HEADER, {}, frozenset())


def test_numbers_are_ids_in_lines_of_json(workspace: Caller) -> None:
    found, member = columns(workspace), workspace.author.member
    room = make_record(workspace, "rooms", name="A").record
    values = [room.id, member.id, {"id": room.id, "name": "A"}, ["A", room.id]]
    row = Row(1, list(map(str, values)), values, sure=0b1111)
    blank = Row(2, [""] * 4, [None] * 4)
    faulty = Row(3, [""] * 4, fault="no row")

    first, *others = with_ids(workspace.author, found, [row, blank, faulty])

    assert first.values == [room.id, member.uuid, room.uuid, ["A", room.uuid]]
    assert (first.sure, first.cells) == (0b0001, row.cells)
    assert others == [blank, faulty]


def test_cells_of_tables_stay_as_they_are(
    workspace: Caller, django_assert_num_queries: Any
) -> None:
    found, author = columns(workspace), workspace.author
    rows = [Row(1, ["1", "1", "1", "1"])]
    with django_assert_num_queries(0):
        assert with_ids(author, found, rows) is rows
