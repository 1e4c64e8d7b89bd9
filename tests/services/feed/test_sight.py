"""What a caller is told follows from what they may see now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from records.models import Record
from records.services.operations.lifecycle import restore_record, trash_record
from records.services.operations.purging import purge_record
from records.services.reading.record_address import address
from records.services.writing.save import save_record
from records.services.writing.save_requests import Attributes, Mode, SaveRequest
from tests.factories import Caller, archive, change_record, entries, make_record

from .reading import actions, end, told


def member(caller: Caller) -> dict[str, str]:
    return {"id": str(caller.member.uuid)}


def change_reasoned(cases: Caller, uuid: str, **values: Any) -> None:
    author = replace(cases.author, reason="because")
    request = SaveRequest(Mode.UPDATE, uuid, entries=entries(values))
    save_record(author, cases.schema("cases"), request)


def test_hidden_fields_are_left_out_and_so_are_reasons_that_may_name_them(
    cases: Caller, reader: Caller
) -> None:
    after = end(reader)
    uuid = make_record(cases, "cases", name="A", secret="hush").record.uuid
    change_reasoned(cases, uuid, note="x")
    change_reasoned(cases, uuid, secret="hush 2")
    created, open_one, hidden = told(reader, after)
    assert "secret" not in created.fields
    assert (open_one.fields["note"]["new"], open_one.reason) == ("x", "because")
    assert (hidden.action, hidden.fields, hidden.reason) == ("updated", {}, "")


def test_records_of_others_are_not_told(cases: Caller, owner: Caller) -> None:
    after = end(owner)
    uuid = make_record(cases, "cases", name="A", owner=member(cases)).record.uuid
    change_record(cases, "cases", uuid, note="x")
    archive(cases, "cases", uuid)
    make_record(cases, "vaults", name="V")
    assert told(owner, after) == []


@pytest.mark.parametrize("field", ["owner", "tester"])
def test_a_record_that_comes_into_sight_is_told_whole_and_one_that_leaves_as_removed(
    cases: Caller, owner: Caller, field: str
) -> None:
    uuid = make_record(cases, "cases", name="A", note="x", owner=member(cases)).record.uuid
    after = end(owner)
    change_record(cases, "cases", uuid, **{field: member(owner)})
    change_record(cases, "cases", uuid, note="y")
    came, changed = told(owner, after)
    assert (came.action, came.version, came.fields["note"]) == (
        "created",
        3,
        {"old": None, "new": "y"},
    )
    assert came.fields["name"]["new"] == "A"
    assert actions([changed]) == [("updated", 3)]
    after = end(owner)
    change_record(cases, "cases", uuid, **{field: member(cases)})
    change_record(cases, "cases", uuid, note="unseen")
    (left,) = told(owner, after)
    assert (left.action, left.record_uuid, left.fields) == ("removed", uuid, {})
    assert (left.member, left.operation_id, left.source, left.reason) == (None, None, None, "")


def test_a_members_own_record_comes_and_goes_with_its_member(cases: Caller, owner: Caller) -> None:
    uuid = make_record(cases, "cases", name="A", owner=member(cases)).record.uuid
    schema, after = cases.schema("cases"), end(owner)

    def give(member_id: int | None) -> None:
        request = SaveRequest(Mode.UPDATE, uuid, attributes=Attributes(member_id=member_id))
        save_record(cases.author, schema, request)

    give(owner.member.pk)
    (came,) = told(owner, after)
    assert (came.action, came.version, came.record_member) == (
        "created",
        2,
        owner.author.member,
    )
    after = end(owner)
    give(None)
    assert actions(told(owner, after)) == [("removed", 3)]


def test_the_trash_is_told_without_what_is_in_it(
    cases: Caller, owner: Caller, reader: Caller
) -> None:
    uuid = make_record(cases, "cases", name="A", note="x", owner=member(owner)).record.uuid
    starts = {caller: end(caller) for caller in (owner, reader)}
    change_record(cases, "cases", uuid, note="y")
    trash_record(cases.author, cases.schema("cases"), address(uuid))
    for caller, after in starts.items():
        assert actions(told(caller, after)) == [("trashed", 3)]
    restore_record(cases.author, cases.schema("cases"), uuid)
    for caller, after in starts.items():
        *_, restored = told(caller, after)
        assert (restored.action, restored.version, restored.fields["note"]["new"]) == (
            "restored",
            4,
            "y",
        )


def test_what_is_deleted_for_good_leaves_a_tombstone_for_those_who_saw_it(
    cases: Caller, owner: Caller, reader: Caller
) -> None:
    uuid = make_record(cases, "cases", name="A", owner=member(owner)).record.uuid
    other = make_record(cases, "cases", name="B", owner=member(cases)).record.uuid
    starts = {caller: end(caller) for caller in (owner, reader)}
    for each in (uuid, other):
        trash_record(cases.author, cases.schema("cases"), address(each))
        purge_record(cases.author, cases.schema("cases"), each)
    assert not Record.objects.filter(workspace=cases.workspace, uuid__in=[uuid, other]).exists()
    (mine,) = told(owner, starts[owner])
    assert (mine.action, mine.record_uuid, mine.fields) == ("deleted", uuid, {})
    assert [change.record_uuid for change in told(reader, starts[reader])] == [uuid, other]
    # From the beginning there is nothing else of them.
    assert actions(told(reader)) == [("deleted", 3), ("deleted", 3)]
