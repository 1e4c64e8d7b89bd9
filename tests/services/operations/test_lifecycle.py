"""A record is created, changed, cancelled, deleted and restored by whichever of its ids is known."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import Archived, Conflict, NotFound, PreconditionFailed
from records.models import Record, RecordState
from records.services.operations.lifecycle import (
    cancel_record,
    delete_permanently,
    patch_record,
    restore_record,
    trash_record,
    upsert_record,
)
from records.services.reading.record_address import Address, address
from tests.factories import Caller, FieldDefinition, archive, entries, make_object, make_record
from tests.services.acting import differences, outcome, read, refusal

CODE = address(external_id="A-1", source="crm")


@pytest.fixture
def things(workspace: Caller) -> Caller:
    make_object(workspace, "Things", FieldDefinition("Size", "integer"))
    return workspace


def upsert(caller: Caller, where: Address | None, sent: dict[str, Any], **more: Any) -> Any:
    return upsert_record(caller.author, caller.schema("things"), where, entries(sent), **more)


def act(work: Any, caller: Caller, uuid: str, *more: Any) -> Any:
    return work(caller.author, caller.schema("things"), address(uuid), *more)


def state(caller: Caller, uuid: str) -> str:
    rows = Record.objects.filter(workspace=caller.workspace, uuid=uuid)
    return rows.values_list("state", flat=True).get()


def test_without_an_address_each_upsert_makes_a_record(things: Caller) -> None:
    first, second = (upsert(things, None, {"name": name}) for name in ("one", "two"))

    assert (first.action, second.action) == ("created", "created")
    assert first.record.uuid != second.record.uuid


def test_by_its_external_id_a_record_is_created_once(things: Caller) -> None:
    made = upsert(things, CODE, {"name": "one", "size": 1})
    changed = upsert(things, CODE, {"name": "uno"})

    assert (made.action, changed.action) == ("created", "updated")
    assert changed.record.uuid == made.record.uuid
    # The whole record was written, so what was not listed is blank.
    assert read(things, "things", made.record.uuid).get("size") is None


@pytest.mark.parametrize(("replaces", "size"), [(True, None), (False, 1)])
def test_by_its_own_id_a_record_is_replaced_or_changed(
    things: Caller, replaces: bool, size: int | None
) -> None:
    uuid = make_record(things, "things", name="one", size=1).record.uuid

    upsert(things, address(uuid), {"name": "uno"}, replaces=replaces)

    assert read(things, "things", uuid)["name"] == "uno"
    assert read(things, "things", uuid).get("size") == size


def test_by_its_own_id_a_record_is_never_created(things: Caller) -> None:
    unknown = address("00000000-0000-4000-8000-000000000000")
    refused = refusal(upsert, things, unknown, {"name": "one"})

    assert isinstance(refused, NotFound)
    assert Record.objects.filter(workspace=things.workspace).count() == 0


def test_an_archived_record_is_a_conflict_by_its_own_id_alone(things: Caller) -> None:
    made = upsert(things, CODE, {"name": "one"})
    uuid = made.record.uuid
    archive(things, "things", uuid)
    schema = things.schema("things")

    assert isinstance(refusal(upsert, things, address(uuid), {"name": "uno"}), Conflict)
    for where, expected in ((address(uuid), Archived), (CODE, NotFound)):
        assert outcome(patch_record, things.author, schema, where, entries({})) is expected
    assert upsert(things, CODE, {"name": "one"}).record.uuid != uuid


def test_a_patch_by_external_id_changes_what_it_lists(things: Caller) -> None:
    uuid = upsert(things, CODE, {"name": "one", "size": 1}).record.uuid

    patch_record(things.author, things.schema("things"), CODE, entries({"size": 2}))

    assert read(things, "things", uuid)["name"] == "one"
    assert read(things, "things", uuid)["size"] == 2


def test_a_record_is_cancelled_once_whether_live_or_archived(things: Caller) -> None:
    live, old = (make_record(things, "things", name=name).record.uuid for name in ("a", "b"))
    archive(things, "things", old)

    for uuid, kept in ((live, RecordState.ACTIVE), (old, RecordState.ARCHIVED)):
        assert act(cancel_record, things, uuid).action == "cancelled"
        assert act(cancel_record, things, uuid).action == "unchanged"
        assert state(things, uuid) == kept
    assert outcome(upsert, things, address(live), {"name": "uno"}) is Conflict


def test_a_record_goes_to_the_trash_and_comes_back(things: Caller) -> None:
    uuid = make_record(things, "things", name="one").record.uuid

    assert act(trash_record, things, uuid).action == "trashed"
    assert state(things, uuid) == RecordState.DELETED
    assert isinstance(refusal(act, trash_record, things, uuid), NotFound)

    restore_record(things.author, things.schema("things"), uuid)
    assert state(things, uuid) == RecordState.ACTIVE
    assert read(things, "things", uuid)["name"] == "one"
    archive(things, "things", uuid)
    assert isinstance(refusal(act, trash_record, things, uuid), Conflict)
    assert differences(things) == []


def test_only_records_in_the_states_named_are_deleted_permanently(things: Caller) -> None:
    schema = things.schema("things")
    live, thrown = (make_record(things, "things", name=name).record.uuid for name in ("a", "b"))
    act(trash_record, things, thrown)
    trash = frozenset({RecordState.DELETED.value})

    assert outcome(delete_permanently, things.author, schema, address(thrown)) is NotFound
    refused = refusal(delete_permanently, things.author, schema, address(live), states=trash)
    assert isinstance(refused, NotFound)
    delete_permanently(things.author, schema, address(live))
    delete_permanently(things.author, schema, address(thrown), states=trash)
    assert Record.objects.filter(workspace=things.workspace).count() == 0


@pytest.mark.parametrize("work", [cancel_record, trash_record, delete_permanently])
def test_an_outdated_version_changes_nothing(things: Caller, work: Any) -> None:
    made = make_record(things, "things", name="one")

    refused = refusal(act, work, things, made.record.uuid, made.record.version + 1)

    assert isinstance(refused, PreconditionFailed)
    assert state(things, made.record.uuid) == RecordState.ACTIVE
    assert read(things, "things", made.record.uuid)["name"] == "one"
