"""Archived records are listed, and read in any state but the trash, by callers who may see them."""

from __future__ import annotations

import pytest

from records.exceptions import NotFound
from records.services.operations.lifecycle import trash_record
from records.services.reading.archive import get_record_in_any_state, list_archived
from records.services.reading.field_selection import select_fields
from records.services.reading.record_address import address
from tests.factories import Caller, archive, make_member, make_object, make_record
from tests.services.acting import refusal


@pytest.fixture
def uuids(workspace: Caller) -> list[str]:
    make_object(workspace, "Notes")
    made = [make_record(workspace, "notes", name=name).record.uuid for name in ("a", "b", "c", "d")]
    for uuid in made[:2]:
        archive(workspace, "notes", uuid)
    trash_record(workspace.author, workspace.schema("notes"), address(made[2]))
    return made


def listed(caller: Caller, offset: int = 0, limit: int = 10) -> tuple[int, list[str]]:
    author, schema = caller.author, caller.schema("notes")
    count, views = list_archived(
        author, schema, select_fields(author, schema), offset=offset, limit=limit
    )
    return count, [view.display_name for view in views]


def test_a_page_of_archived_records_has_the_last_changed_first(
    workspace: Caller, uuids: list[str]
) -> None:
    assert listed(workspace) == (2, ["b", "a"])
    assert listed(workspace, offset=1, limit=1) == (2, ["a"])
    assert listed(workspace, offset=5) == (2, [])


def test_others_records_are_not_listed_for_a_role_that_sees_its_own(
    workspace: Caller, uuids: list[str]
) -> None:
    assert listed(make_member(workspace, "own@example.com", {"notes": {"view": "own"}})) == (0, [])


def test_a_record_is_read_live_and_archived_but_not_from_the_trash(
    workspace: Caller, uuids: list[str]
) -> None:
    author, schema = workspace.author, workspace.schema("notes")
    archived, _, trashed, live = uuids
    states = [
        get_record_in_any_state(author, schema, uuid, ()).row.state for uuid in (archived, live)
    ]
    assert states == ["archived", "active"]
    assert isinstance(refusal(get_record_in_any_state, author, schema, trashed, ()), NotFound)
    other = make_member(workspace, "own@example.com", {"notes": {"view": "own"}})
    assert isinstance(refusal(get_record_in_any_state, other.author, schema, live, ()), NotFound)
