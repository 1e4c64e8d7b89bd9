"""Importing CSV files: trying it, going on after an interruption, definitions that change
meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from records.exceptions import InvalidInput
from records.models import Field, FieldOption, ImportRun, ObjectType, Record, RefusedRow
from records.services.catalogue.versions import touch
from records.services.writing.option_rows import add_option
from tests.factories import (
    OptionDefinition,
    make_record,
)
from tests.services.acting import differences

from .running import AIRPORTS, Importing, field_row

# ---------------------------------------------------------------- dry runs


def test_a_dry_run_says_what_would_happen_and_stores_nothing(
    importing: Importing, shops: None
) -> None:
    make_record(importing.caller, "shops", name="Harbour", number=1)
    text = "name,number,kinds\nHarbour,2,new\nValley,3,new\nvalley,x,\n"

    assert importing.counts("shops", text, dry_run=True, batch_size=1) == (1, 1, 0, 1)
    assert importing.records("shops", "name", "number") == [("Harbour", 1)]
    assert importing.count(ImportRun) == 0
    assert importing.count(FieldOption, field__name="kinds") == 0
    assert len(importing.refused()) == 1
    assert importing.counts("shops", text) == (1, 1, 0, 1)


def test_a_dry_run_of_a_new_object_leaves_no_object(importing: Importing) -> None:
    assert importing.counts("airports", AIRPORTS, create_object=True, dry_run=True) == (3, 0, 0, 0)

    assert importing.count(ObjectType, name="airports") == 0
    assert importing.counts("airports", AIRPORTS, create_object=True) == (3, 0, 0, 0)


# ---------------------------------------------------------------- interruptions


class Interrupted(Exception):
    """Somebody pulled the plug."""


def interrupt_at(rows: int) -> Any:
    def progress(done: int, total: int) -> None:
        assert total == 5
        if done >= rows:
            raise Interrupted

    return progress


def test_an_import_goes_on_where_it_was_interrupted(importing: Importing) -> None:
    text = "size\n1\n2\nx,y\n4\n5\n"
    with pytest.raises(Interrupted):
        importing("things", text, create_object=True, batch_size=2, progress=interrupt_at(4))
    assert importing.count(Record) == 3

    found = importing("things", text, batch_size=3)
    assert (found.created, found.failed, found.resumed_at) == (4, 1, 4)
    assert importing.records("things", "size") == [(1,), (2,), (4,), (5,)]
    assert [row["line"] for row in importing.refused()] == ["4"]
    assert importing.count(ImportRun, finished_at=None) == 0
    written = Record.history.filter(workspace_id=importing.caller.workspace.id)
    assert len(set(written.values_list("operation_id", flat=True))) == 1


def test_what_was_refused_is_stored_with_its_batch_until_the_report_is_made(
    importing: Importing,
) -> None:
    text = "size\n1\nx,y\n3\nx,y\n5\n"
    with pytest.raises(Interrupted):
        importing("things", text, create_object=True, batch_size=2, progress=interrupt_at(2))
    assert importing.count(RefusedRow, line=3) == importing.count(RefusedRow) == 1
    assert not importing.report.exists()

    importing("things", text)
    assert [row["line"] for row in importing.refused()] == ["3", "5"]
    assert importing.count(RefusedRow) == 0


def test_fields_that_change_during_an_import_are_seen(importing: Importing, shops: None) -> None:
    def progress(done: int, total: int) -> None:
        if done == 1:
            field = field_row(importing.caller, "shops", "size")
            add_option(field, OptionDefinition("Huge"))
            touch(field.workspace_id, [field.object_id])

    assert (
        importing("shops", "name,size\na,Small\nb,Huge\n", batch_size=1, progress=progress).created
        == 2
    )


def test_a_column_that_loses_its_field_stops_the_import(importing: Importing, shops: None) -> None:
    def progress(done: int, total: int) -> None:
        if done == 1:
            field = field_row(importing.caller, "shops", "size")
            Field.objects.filter(workspace_id=field.workspace_id, id=field.id).update(
                deleted_at=timezone.now()
            )
            touch(field.workspace_id, [field.object_id])

    with pytest.raises(InvalidInput, match="No field of 'shops' is called 'size'"):
        importing("shops", "name,size\na,Small\nb,Small\n", batch_size=1, progress=progress)
    assert importing.records("shops", "name") == [("a",)]


def test_two_imports_of_one_file_at_once_store_each_row_once(importing: Importing) -> None:
    """Each of them gets ahead of the other in turn."""
    text = "size\n1\n2\n3\n4\n5\n"
    importing("things", "size\n0\n", create_object=True)
    others = iter([2, 4])

    def progress(done: int, total: int) -> None:
        stop = next(others, None)
        if stop is not None:
            with pytest.raises(Interrupted):
                importing("things", text, batch_size=1, progress=interrupt_at(stop))

    found = importing("things", text, batch_size=1, progress=progress)
    assert (found.created, found.resumed_at) == (5, 0)
    assert importing.records("things", "size") == [(number,) for number in range(6)]
    assert differences(importing.caller) == []
