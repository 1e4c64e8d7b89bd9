"""When records entered and left their stages: kept by every write, proven by the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from records.models import StageTime
from records.services.operations.lifecycle import delete_permanently
from records.services.reading.record_address import address
from records.services.shaping.option_removal import replace_option
from records.services.shaping.options import get_option
from records.services.storage.integrity import reindex
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    entries,
    make_object,
    make_record,
)
from tests.services.acting import differences, save, statements, unarchive, write_all

START = datetime(2024, 1, 1, tzinfo=UTC)
Times = dict[tuple[str, str], tuple[int | None, int | None]]


@pytest.fixture
def deals(workspace: Caller) -> Caller:
    make_object(workspace, "Deals", FieldDefinition("Pieces", "integer"), object_type="pipeline")
    make_object(workspace, "Notes")
    return workspace


def times(caller: Caller) -> Times:
    """By record and stage: entered and left, in hours since the start."""
    field = caller.schema("deals").stage_field
    assert field is not None
    return {
        (row.record.display_name, field.options[row.stage].name): (
            hours(row.entered_at),
            hours(row.left_at),
        )
        for row in StageTime.objects.filter(workspace=caller.workspace).select_related("record")
    }


def hours(when: datetime | None) -> int | None:
    return None if when is None else int((when - START) / timedelta(hours=1))


def test_each_write_keeps_the_last_times(deals: Caller) -> None:
    with time_machine.travel(START, tick=False) as clock:
        uuid = make_record(deals, "deals", name="Deal", stage="New").record.uuid
        assert times(deals) == {("Deal", "New"): (0, None)}
        for stage in ("Won", "New"):
            clock.shift(3600)
            change_record(deals, "deals", uuid, stage=stage)
        expected = {("Deal", "New"): (2, 1), ("Deal", "Won"): (1, 2)}
        assert times(deals) == expected
        for _ in range(2):  # nothing of this is a move
            clock.shift(3600)
            change_record(deals, "deals", uuid, stage="New", pieces=clock.time_ns() % 97)
            archive(deals, "deals", uuid)
            unarchive(deals, "deals", uuid)
        assert times(deals) == expected
    assert differences(deals) == []


def test_a_batch_is_one_statement_however_many_records_move(deals: Caller) -> None:
    assert [len(statements_of(deals, number)) for number in (3, 30)] == [1, 1]
    assert differences(deals) == []


def statements_of(caller: Caller, number: int) -> list[str]:
    outcomes = write_all(
        caller,
        "deals",
        *(
            SaveRequest(Mode.CREATE, entries=entries({"name": f"{number} {at}", "stage": "New"}))
            for at in range(number)
        ),
    )
    uuids: list[Any] = [outcome.record.uuid for outcome in outcomes]  # type: ignore[union-attr]
    with statements() as seen:
        write_all(
            caller,
            "deals",
            *(SaveRequest(Mode.UPDATE, uuid, entries=entries({"stage": "Lost"})) for uuid in uuids),
        )
    return [sql for sql in seen if "stagetime" in sql]


def test_a_batch_of_new_records_beyond_copy(deals: Caller) -> None:
    write_all(
        deals,
        "deals",
        *(
            SaveRequest(Mode.CREATE, entries=entries({"name": f"deal {at}", "stage": "Won"}))
            for at in range(80)
        ),
    )
    assert len(times(deals)) == 80
    assert differences(deals) == []


def test_a_record_that_moves_twice_in_a_batch(deals: Caller) -> None:
    uuid = make_record(deals, "deals", name="Deal", stage="New").record.uuid
    with time_machine.travel(START, tick=False):
        write_all(
            deals,
            "deals",
            *(
                SaveRequest(Mode.UPDATE, uuid, entries=entries({"stage": stage}))
                for stage in ("Won", "Lost", "New")
            ),
        )
    assert times(deals) == {
        ("Deal", "New"): (0, 0),
        ("Deal", "Won"): (0, 0),
        ("Deal", "Lost"): (0, 0),
    }
    assert differences(deals) == []


def test_writes_that_do_not_move_a_record_have_no_further_statement(deals: Caller) -> None:
    uuid = make_record(deals, "deals", name="Deal", stage="New").record.uuid
    with statements() as seen:
        change_record(deals, "deals", uuid, pieces=7)
        archive(deals, "deals", uuid)
        make_record(deals, "notes", name="Note")
    assert not [sql for sql in seen if "stagetime" in sql]


def test_a_stage_that_gives_way_to_another_is_left(deals: Caller) -> None:
    make_record(deals, "deals", name="Deal", stage="New")
    field = deals.schema("deals").stage_field
    assert field is not None
    keys = {option.name: option.uuid for option in field.options.values()}
    option = get_option(deals.author, field, keys["New"])
    replace_option(deals.author, deals.schema("deals"), field, option, keys["Won"])
    found = times(deals)
    assert found["Deal", "New"][1] is not None
    assert found["Deal", "Won"][0] is not None
    assert differences(deals) == []


def test_times_go_with_the_record(deals: Caller) -> None:
    uuid = make_record(deals, "deals", name="Deal", stage="New").record.uuid
    save(deals, "deals", Mode.TRASH, uuid)
    assert times(deals)  # in the trash it can come back
    delete_permanently(
        deals.author, deals.schema("deals"), address(uuid), states=frozenset({"deleted"})
    )
    assert not StageTime.objects.filter(workspace=deals.workspace).exists()
    assert differences(deals) == []


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM records_stagetime WHERE workspace_id = %s",
        "UPDATE records_stagetime SET entered_at = left_at WHERE workspace_id = %s",
        "UPDATE records_stagetime SET left_at = NULL WHERE workspace_id = %s",
        "UPDATE records_stagetime SET stage = -stage WHERE workspace_id = %s",
        "UPDATE records_stagetime SET record_id = -record_id WHERE workspace_id = %s",
    ],
)
def test_what_differs_from_the_ledger_is_reported_and_rebuilt(deals: Caller, damage: str) -> None:
    with time_machine.travel(START, tick=False) as clock:
        uuid = make_record(deals, "deals", name="Deal", stage="New").record.uuid
        clock.shift(3600)
        change_record(deals, "deals", uuid, stage="Won")
        clock.shift(3600)
        change_record(deals, "deals", uuid, stage="New")
    before = times(deals)
    with connection.cursor() as cursor:
        cursor.execute(damage, [deals.workspace.id])
    assert any("stage" in what for what in differences(deals))
    reindex(deals.workspace)
    assert times(deals) == before
    assert differences(deals) == []
