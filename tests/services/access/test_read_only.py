"""Read-only keys write nothing, whichever part of the core is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from records.exceptions import NotAllowed
from records.services.access import Author, check_writes, renewed
from records.services.files import begin_upload
from records.services.jobs import start_bulk_archive
from records.services.reading import address, with_self_access
from records.services.shaping import update_object
from records.services.writing import Mode, SaveRequest, save_record
from tests.factories import Caller, make_object, make_record
from tests.services.acting import outcome, refusal

READING = ("records:read", "datatypes:read")
KEYS: list[tuple[tuple[str, ...], bool, bool]] = [
    ((), False, False),
    (READING, False, True),
    (READING, True, False),
    ((*READING, "records:write"), False, False),
    (("webhooks:admin",), False, False),
]


@pytest.mark.parametrize(("scopes", "self_access", "read_only"), KEYS)
def test_read_scopes_alone_make_a_key_read_only(
    workspace: Caller, scopes: tuple[str, ...], self_access: bool, read_only: bool
) -> None:
    author = replace(workspace.author, scopes=scopes, self_access=self_access)
    assert author.is_read_only is read_only
    assert outcome(check_writes, author) is (NotAllowed if read_only else None)


@pytest.mark.parametrize("part", ["records", "definitions", "files", "jobs"])
def test_no_part_of_the_core_writes_for_a_read_only_key(workspace: Caller, part: str) -> None:
    notes = make_object(workspace, "Notes")
    uuid = make_record(workspace, "notes", name="A").record.uuid
    schema = workspace.schema("notes")
    writes: dict[str, Callable[[Author], object]] = {
        "records": lambda author: save_record(author, schema, SaveRequest(Mode.CREATE)),
        "definitions": lambda author: update_object(author, notes, description="x"),
        "files": lambda author: begin_upload(author, schema, address(uuid), "a.txt"),
        "jobs": lambda author: start_bulk_archive(author, schema, [uuid]),
    }
    read_only = replace(workspace.author, scopes=READING)

    refused = refusal(partial(writes[part], read_only))

    assert isinstance(refused, NotAllowed)
    assert "read-only" in refused.detail


@pytest.mark.parametrize(("level", "refused"), [("write", NotAllowed), ("admin", None)])
def test_deleting_for_good_takes_the_admin_scope(
    workspace: Caller, level: str, refused: type | None
) -> None:
    make_object(workspace, "Notes")
    uuid = make_record(workspace, "notes", name="A").record.uuid
    author = replace(workspace.author, scopes=(f"records:{level}",))
    request = SaveRequest(Mode.DELETE_PERMANENTLY, uuid)

    assert (outcome(save_record, author, workspace.schema("notes"), request) is NotAllowed) == bool(
        refused
    )


def test_ones_own_records_stay_ones_own_when_the_definitions_are_read_again(
    workspace: Caller,
) -> None:
    author = with_self_access(replace(workspace.author, scopes=("records:read",)))
    role = renewed(author).role
    assert (role.owns, role.reaches) == (True, "own")
