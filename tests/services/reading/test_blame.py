"""Who set each value of a record."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.exceptions import NotFound
from records.services.reading import blame
from records.services.reading.blame import get_blame
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    make_member,
    make_object,
    make_record,
)


@pytest.fixture
def note(workspace: Caller) -> str:
    make_object(
        workspace, "Notes", FieldDefinition("Amount", "integer"), FieldDefinition("Secret", "text")
    )
    uuid = make_record(workspace, "notes", name="a", amount=1, secret="x").record.uuid
    for amount in (2, 3):
        change_record(workspace, "notes", uuid, amount=amount)
    return uuid


def versions(caller: Caller, uuid: str) -> dict[str, int]:
    found = get_blame(caller.author, caller.schema("notes"), uuid)
    return {each.field.name: each.entry.version for each in found.fields}


@pytest.mark.parametrize("chunk", [1, 2, 500])
def test_each_value_has_its_newest_write(
    workspace: Caller, note: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blame, "CHUNK", chunk)
    assert versions(workspace, note) == {"name": 1, "owner": 1, "amount": 3, "secret": 1}
    change_record(workspace, "notes", note, amount=None)
    archive(workspace, "notes", note)
    assert versions(workspace, note) == {"name": 1, "owner": 1, "secret": 1}


def test_it_takes_as_many_statements_for_any_number_of_writes(workspace: Caller, note: str) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            versions(workspace, note)
        return len(queries)

    few = counted()
    for amount in range(10, 30):
        change_record(workspace, "notes", note, amount=amount)
    assert counted() == few


def test_a_role_hears_of_what_it_sees(workspace: Caller, note: str) -> None:
    grants = {"notes": {"view": "all"}}
    reader = make_member(workspace, "r@example.com", grants, hidden=[("notes", "secret")])
    assert "secret" not in versions(reader, note)
    author = replace(reader.author)
    for entry in get_blame(author, reader.schema("notes"), note).fields:
        assert entry.entry.reason == ""
    with pytest.raises(NotFound):
        get_blame(author, reader.schema("notes"), str(author.operation_id))
