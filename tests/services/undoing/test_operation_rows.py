"""The rows of an operation that a caller may see."""

from __future__ import annotations

from typing import Any

from records.services.undoing.operation_rows import (
    count_rows,
    first_key,
    newest_rows,
    sight_of,
    touched_objects,
)
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import Caller, archive, entries, make_member, make_object, make_record
from tests.services.acting import write_all

from .acting import anew


def test_a_role_sees_the_rows_of_its_own_records(workspace: Caller) -> None:
    for name in ("Notes", "Things", "Secrets"):
        make_object(workspace, name)
    grants: dict[str, dict[str, Any]] = {
        "notes": {"view": "own", "create": True},
        "things": {"view": "all"},
    }
    member = make_member(workspace, "m@example.com", grants)
    mine, aside = (make_record(member, "notes", name=name).record for name in ("mine", "aside"))
    archive(workspace, "notes", aside.uuid)
    doing = anew(workspace)
    for name in ("notes", "things", "secrets"):
        create = SaveRequest(Mode.CREATE, entries=entries({"name": "new"}))
        write_all(doing, name, create)
    rename = SaveRequest(Mode.UPDATE, mine.uuid, entries=entries({"name": "renamed"}))
    write_all(doing, "notes", rename)

    sight = sight_of(member.author)
    assert (len(sight.whole), len(sight.own)) == (1, 1)
    assert count_rows(sight, doing.operation) == 2
    assert count_rows(sight_of(workspace.author), doing.operation) == 4
    assert count_rows(sight_of(member.author, member.schema("notes")), doing.operation) == 1
    touched = touched_objects(workspace.workspace.pk, doing.operation)
    rows = newest_rows(sight, doing.operation, touched, None, 10)
    assert rows[0][2] == mine.id
    assert newest_rows(sight, doing.operation, touched, rows[0][0], 10) == rows[1:]
    everything = newest_rows(sight_of(workspace.author), doing.operation, touched, None, 10)
    assert first_key(workspace.workspace.pk, doing.operation, touched) == everything[-1][0]
    objects = [workspace.schema(name).id for name in ("notes", "things", "secrets")]
    assert touched == sorted(objects)
