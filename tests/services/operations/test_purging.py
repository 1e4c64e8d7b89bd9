"""The trash is emptied of what has been there long enough, of every object, and of nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from records.exceptions import NotFound
from records.models import Record
from records.services.operations.lifecycle import trash_record
from records.services.operations.purging import purge_record, purge_trash
from records.services.reading.record_address import address
from records.services.shaping.objects import archive_object
from tests.factories import Caller, archive, make_object, make_record
from tests.services.acting import differences, refusal

DAY = timedelta(days=1)


@pytest.fixture
def trashed(workspace: Caller) -> Caller:
    """Two things and a part in the trash since yesterday, and one of each that is live."""
    for name in ("Things", "Parts"):
        make_object(workspace, name)
    with time_machine.travel(timezone.now() - DAY):
        for name in ("things", "things", "parts"):
            throw(workspace, name)
    for name in ("things", "parts"):
        make_record(workspace, name, name="live")
    return workspace


def throw(caller: Caller, name: str) -> str:
    uuid = make_record(caller, name, name=f"{name} {left(caller)}").record.uuid
    trash_record(caller.author, caller.schema(name), address(uuid))
    return uuid


def left(caller: Caller) -> int:
    return Record.objects.filter(workspace=caller.workspace).count()


def test_what_has_been_there_long_enough_goes(trashed: Caller) -> None:
    throw(trashed, "things")

    assert purge_trash(trashed.author, 2 * DAY) == 0
    assert purge_trash(trashed.author, DAY / 2) == 3
    assert left(trashed) == 3
    assert purge_trash(trashed.author, DAY / 2) == 0
    assert purge_trash(trashed.author, timedelta()) == 1
    assert differences(trashed) == []


def test_the_trash_of_an_archived_object_is_emptied_too(trashed: Caller) -> None:
    archive_object(trashed.author, trashed.schema("things").id)

    assert purge_trash(trashed.author, DAY / 2) == 3


def test_one_record_is_purged_only_from_the_trash(trashed: Caller) -> None:
    schema = trashed.schema("things")
    thrown = throw(trashed, "things")
    kept = make_record(trashed, "things", name="kept").record.uuid
    gone = make_record(trashed, "things", name="archived").record.uuid
    archive(trashed, "things", gone)

    assert purge_record(trashed.author, schema, thrown).action == "deleted"
    for uuid in (kept, gone, thrown):
        assert isinstance(refusal(purge_record, trashed.author, schema, uuid), NotFound)
