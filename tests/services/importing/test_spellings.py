"""What a cell names is found however it is spelt, and counted where it is called something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from records.services.importing import ImportOptions, ImportSummary, keep_at, open_file
from records.services.importing import import_file as import_table
from records.services.importing.uploads import store_upload
from records.services.merging import Merge, merge_records
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_field,
    make_object,
    make_record,
    make_relation,
    set_pattern,
)

from .running import Importing

# The kind of a field, and for it: a cell, and what it is read as where that is not what is written.
CELLS: list[tuple[str, str, str | None]] = [
    ("one", "DFW", None),
    ("one", " DFW ", None),
    ("one", "dfw", "DFW"),
    ("one", "cafe\u0301  Nord", "Café Nord"),
    ("many", "DFW; Café Nord", None),
    ("many", "DFW;café nord", "DFW; Café Nord"),
    ("many", "DFW; dfw", "DFW"),
    ("patterned", "A-1", None),
    ("patterned", "a-1", "A-1"),
    ("member", "Ada@Example.com", None),
    ("member", "ada@example.com", "Ada@Example.com"),
    ("member", "is_me", "Ada@Example.com"),
    ("tags", "VIP; new", None),
    ("tags", "vip;new", "VIP; new"),
    ("option", "RED", "Red"),
    ("option", "Red", None),
    ("ticks", "Red;Blue", None),
    ("ticks", "Red;blue ", "Red; Blue"),
]


@pytest.fixture
def trips(workspace: Caller) -> Caller:
    """Trips, whose fields name things of every kind."""
    make_object(workspace, "Places")
    make_object(workspace, "Vans", FieldDefinition("Colour", "text"))
    set_pattern(workspace, "vans", "{colour}")
    colours = (OptionDefinition("Red"), OptionDefinition("Blue"))
    make_object(
        workspace,
        "Trips",
        FieldDefinition("Member", "team_selector"),
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition("Option", "dropdown", options=colours),
        FieldDefinition("Ticks", "checkboxes", options=colours),
    )
    make_relation(workspace, "trips", "One", "places", "primary", "Trips")
    make_relation(workspace, "trips", "Many", "places", "additional", "Visited")
    make_relation(workspace, "trips", "Patterned", "vans", "primary", "Driven")
    for name in ("DFW", "Café Nord"):
        make_record(workspace, "places", name=name)
    make_record(workspace, "vans", name="A-1", colour="white")
    make_record(workspace, "trips", name="first", tags=["VIP"])
    workspace.member.email = "Ada@Example.com"
    workspace.member.save()
    return workspace


def as_csv(field: str, cells: list[str]) -> bytes:
    return f"name,{field}\n{''.join(f'T{at},{cell}' + chr(10) for at, cell in enumerate(cells))}".encode()


def as_json(field: str, cells: list[str]) -> bytes:
    lines = ({"name": f"T{at}", field: cell} for at, cell in enumerate(cells))
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


FORMS: dict[str, Callable[[str, list[str]], bytes]] = {"csv": as_csv, "jsonl": as_json}


def bring(importing: Importing, content: bytes, form: str, **options: Any) -> ImportSummary:
    path = importing.folder / f"x.{form}"
    path.write_bytes(content)
    with open_file(path) as table:
        return import_table(
            importing.caller.author,
            "trips",
            table,
            ImportOptions(keep_at(importing.report), **options),
        )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("field", "cell", "read"), CELLS)
def test_what_is_called_otherwise_is_counted_and_shown(
    importing: Importing, trips: Caller, form: str, field: str, cell: str, read: str | None
) -> None:
    content = FORMS[form](field, [cell, cell])
    made = store_upload(trips.author, trips.schema("trips"), f"x.{form}", [content])
    found = bring(importing, content, form)

    count = 0 if read is None else 2
    assert (found.created, found.failed) == (2, 0)
    assert found.readings.get(field, {}).get("read_differently", 0) == count
    column = made.reading["columns"][1]
    assert column.get("read_differently", 0) == count
    shown = [] if read is None else [{"written": cell.strip(), "read": read}]
    told = [{**each, "written": each["written"].strip()} for each in column.get("examples", [])]
    assert told == shown * bool(count)


def test_a_record_that_was_merged_is_called_what_it_has_become(
    importing: Importing, trips: Caller
) -> None:
    schema = trips.schema("places")
    kept, gone = (make_record(trips, "places", name=name).record for name in ("Kept", "Gone"))
    merge_records(trips.author, schema, Merge(kept.uuid, [gone.uuid]))

    found = bring(importing, b"name,one\nT1,Gone\nT2,Kept\n", "csv")

    assert found.readings["one"] == {"read_differently": 1}


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_a_tag_is_called_what_the_first_row_of_a_file_calls_it(
    importing: Importing, trips: Caller, batch_size: int
) -> None:
    content = b"name,tags\nT1,Gold\nT2,GOLD\nT3,gold;Gold\nT4,Gold\n"

    found = bring(importing, content, "csv", batch_size=batch_size)

    assert found.failed == 0
    assert found.readings["tags"] == {"read_differently": 2}


def test_names_in_objects_are_counted_as_bare_ones_are(importing: Importing, trips: Caller) -> None:
    values = [
        {"one": {"name": "dfw"}, "option": {"name": "RED"}, "tags": [{"name": "vip"}]},
        {"one": {"name": "DFW"}, "option": {"name": "Red"}, "tags": [{"name": "VIP"}]},
    ]
    lines = [json.dumps({"name": f"T{at}", **each}) for at, each in enumerate(values)]

    found = bring(importing, "\n".join(lines).encode(), "jsonl")

    assert found.failed == 0
    assert found.readings == {name: {"read_differently": 1} for name in ("one", "option", "tags")}


def test_rows_that_are_refused_are_not_counted(importing: Importing, trips: Caller) -> None:
    make_field(trips, "trips", "Size", "integer", is_required=True)

    found = bring(importing, b"name,one,size\nT1,dfw,\nT2,dfw,2\n", "csv")

    assert (found.created, found.failed) == (1, 1)
    assert found.readings["one"] == {"read_differently": 1}
