"""Changes that no request asks for: every record gets them, each with its ledger row, at a cost
that does not grow."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from records.models import Field, FieldValue
from records.services.shaping.field_removal import clear_values, delete_field, find_holders
from records.services.writing.save_requests import Mode, SaveRequest
from records.services.writing.system_writes import rewrite_values
from tests.factories import (
    Caller,
    FieldDefinition,
    entries,
    make_object,
    make_record,
    make_relation,
    set_pattern,
)
from tests.services.acting import cost, differences, history, read, uuids_of, write, write_all

CORE = Path(__file__).parents[3] / "records" / "services"
STORING = ("storage", "writing")
TABLES = re.compile(
    r"(UPDATE|INSERT INTO|DELETE FROM) records_(record|fieldvalue|historicalrecord)\b"
)


@pytest.fixture
def dogs(workspace: Caller) -> Caller:
    """Dogs whose names show their masters'."""
    make_object(workspace, "People")
    make_object(
        workspace,
        "Dogs",
        FieldDefinition("Note", "text"),
        FieldDefinition("Code", "text", is_unique=True),
    )
    make_relation(workspace, "dogs", "Master", "people", "primary", "Dogs")
    make_relation(workspace, "dogs", "Fed by", "people", "additional", "Feeds")
    set_pattern(workspace, "dogs", "{name} of {master}")
    return workspace


def note_of(dogs: Caller) -> Field:
    return Field.objects.get(workspace=dogs.workspace, object__name="dogs", name="note")


def clear(dogs: Caller, field: Field) -> int:
    return clear_values(dogs.author, field.pk, find_holders(dogs.workspace.id, field.pk))


def pack(dogs: Caller, number: int, **values: object) -> list[str]:
    """This many dogs, each of another master."""
    names = [f"{number}-{at}" for at in range(number)]
    write_all(
        dogs,
        "people",
        *(SaveRequest(Mode.CREATE, entries=entries({"name": name})) for name in names),
    )
    requests = [
        SaveRequest(
            Mode.CREATE,
            entries=entries({"name": f"Dog {name}", "master": {"name": name}, **values}),
        )
        for name in names
    ]
    return uuids_of(write_all(dogs, "dogs", *requests))


STATES = {
    "live": None,
    "archived": Mode.ARCHIVE,
    "cancelled": Mode.CANCEL,
    "in the trash": Mode.TRASH,
}


@pytest.mark.parametrize("mode", STATES.values(), ids=STATES.keys())
def test_a_removed_field_leaves_records_in_every_state(dogs: Caller, mode: Mode | None) -> None:
    uuid = make_record(dogs, "dogs", name="Rex", note="old", code="r").record.uuid
    if mode is not None:
        write(dogs, "dogs", SaveRequest(mode, uuid))
    field = note_of(dogs)
    delete_field(dogs.author, field.pk)

    assert clear(dogs, field) == 1
    assert not FieldValue.objects.filter(workspace=dogs.workspace, field_id=field.pk).exists()
    assert differences(dogs) == []
    assert find_holders(dogs.workspace.id, field.pk) == []


def test_a_removed_value_has_a_ledger_row_that_says_why(dogs: Caller) -> None:
    uuid = make_record(dogs, "dogs", name="Rex", note="old").record.uuid
    other = make_record(dogs, "dogs", name="Max").record.uuid
    field = note_of(dogs)
    delete_field(dogs.author, field.pk)
    clear(dogs, field)

    newest = history(dogs, "dogs", uuid)[0]
    assert (newest.version, newest.action, newest.reason) == (
        2,
        "updated",
        "The field Note was deleted",
    )
    assert len(history(dogs, "dogs", other)) == 1


def test_clearing_again_changes_nothing(dogs: Caller) -> None:
    uuid = make_record(dogs, "dogs", name="Rex", note="old").record.uuid
    field = note_of(dogs)
    held = find_holders(dogs.workspace.id, field.pk)
    delete_field(dogs.author, field.pk)

    assert [clear_values(dogs.author, field.pk, held) for _ in range(2)] == [1, 0]
    assert len(history(dogs, "dogs", uuid)) == 2


@pytest.mark.parametrize(("action", "called"), [("", "updated"), ("relinked", "relinked")])
def test_a_rewrite_changes_the_records_that_come_out_different(
    dogs: Caller, action: str, called: str
) -> None:
    author, schema = replace(dogs.author, reason="Because"), dogs.schema("dogs")
    note = str(schema.by_name["note"].id)
    rows = [
        make_record(dogs, "dogs", name=name, note=name).record for name in ("Rex", "Max", "Ben")
    ]

    changed = rewrite_values(
        author,
        schema,
        [row.id for row in rows],
        lambda row: {**row.values, note: row.values[note].replace("Max", "")},
        action,
    )

    assert [row.uuid for row in changed] == [rows[1].uuid]
    assert [len(history(dogs, "dogs", row.uuid)) for row in rows] == [1, 2, 1]
    newest = history(dogs, "dogs", rows[1].uuid)[0]
    assert (newest.action, newest.reason) == (called, "Because")


def test_removing_the_values_of_many_costs_what_few_do(dogs: Caller) -> None:
    field = note_of(dogs)
    few, many = pack(dogs, 3, note="old"), pack(dogs, 40, note="old")
    delete_field(dogs.author, field.pk)
    held = find_holders(dogs.workspace.id, field.pk)

    costs = [
        cost(clear_values, dogs.author, field.pk, keys)
        for keys in (held[: len(few)], held[len(few) :])
    ]

    assert len(held) == len(few) + len(many)
    assert costs[1] <= costs[0] + 1


def test_taking_the_links_to_a_record_out_of_many_costs_what_few_do(dogs: Caller) -> None:
    feeders = [make_record(dogs, "people", name=name).record.uuid for name in ("Few", "Many")]
    costs = []
    for feeder, number in zip(feeders, (3, 40), strict=True):
        uuids = pack(dogs, number, fed_by=[feeder])
        costs.append(cost(write, dogs, "people", SaveRequest(Mode.DELETE_PERMANENTLY, feeder)))
        assert "fed_by" not in read(dogs, "dogs", uuids[-1])
    assert costs[1] <= costs[0] + 1
    assert differences(dogs) == []


def test_nothing_beside_the_write_path_stores_records() -> None:
    beside = []
    for path in sorted(CORE.rglob("*.py")):
        if path.relative_to(CORE).parts[0] in STORING:
            continue
        text = path.read_text()
        beside += [f"{path.relative_to(CORE)}: {found.group()}" for found in TABLES.finditer(text)]
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module == "records.services.storage":
                beside += [
                    f"{path.relative_to(CORE)}: {name.name}"
                    for name in node.names
                    if name.name == "store"
                ]
    assert beside == []
