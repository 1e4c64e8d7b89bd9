"""What values name, and what there is behind it: one look for each kind, however many values name
it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from records.exceptions import InvalidValues
from records.field_types import RecordRef
from records.models import Attachment
from records.services.access.author import renewed
from records.services.shaping.creation import get_object
from records.services.shaping.objects import archive_object
from records.services.writing.references import resolve_references
from records.services.writing.save_requests import Mode
from records.services.writing.values import Change, FieldEntry, parse_entries
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
    make_workspace,
)
from tests.services.acting import cost, refusal, save
from tests.services.merging.acting import merge

NOWHERE = "01920000-0000-7000-8000-000000000001"


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    make_object(workspace, "Shelves")
    make_object(
        workspace,
        "Parts",
        FieldDefinition("Keeper", "team_selector"),
        FieldDefinition("Papers", "files"),
        FieldDefinition("Labels", "dynamictags"),
    )
    make_relation(workspace, "parts", "Shelf", "shelves", "primary", "Parts")
    make_relation(workspace, "parts", "Seen on", "shelves", "additional", "Sightings")
    return workspace


def changes(caller: Caller, **values: Any) -> list[Change]:
    sent = [FieldEntry(name=name, value=value) for name, value in values.items()]
    found = parse_entries(caller.author, caller.schema("parts"), sent)
    assert found.problems == []
    return list(found.changes.values())


def keys(caller: Caller, **values: Any) -> list[int]:
    """The primary keys behind everything that these values name."""
    asked = changes(caller, **values)
    resolved = resolve_references(caller.author, asked)
    return [
        resolved.resolve(change.field, reference)
        for change in asked
        for _, reference in change.references()
    ]


def test_a_record_is_named_by_id_or_identifier_however_they_are_spelled(parts: Caller) -> None:
    row = make_record(parts, "shelves", name="Straße 5").record
    for named in (
        {"id": row.uuid},
        {"id": row.uuid.upper()},
        {"name": "Straße 5"},
        {"name": " STRASSE  5 "},
    ):
        assert keys(parts, shelf=named) == [row.id], named


def test_a_text_that_could_be_an_id_or_a_name_is_an_id(parts: Caller) -> None:
    first = make_record(parts, "shelves", name="A").record
    second = make_record(parts, "shelves", name=first.uuid).record
    asked = [
        replace(change, value=RecordRef(uuid=first.uuid, name=first.uuid))
        for change in changes(parts, shelf={"id": first.uuid})
    ]
    resolved = resolve_references(parts.author, asked)
    assert list(resolved.records.values()) == [first.id]
    assert resolved.names == {first.id: "A", second.id: first.uuid}


def test_a_record_of_others_is_out_of_sight_for_who_sees_their_own(parts: Caller) -> None:
    make_record(parts, "shelves", name="A")
    rights = {"parts": {"create": True, "view": "all"}, "shelves": {"create": True, "view": "own"}}
    caller = make_member(parts, "m@example.com", rights)
    own = make_record(caller, "shelves", name="B").record
    assert keys(caller, shelf={"name": "B"}) == [own.id]
    error = refusal(save, caller, "parts", Mode.CREATE, name="p", shelf={"name": "A"})
    assert error.detail == "The record 'A' does not exist."


def test_a_merged_record_is_named_for_what_it_has_become(parts: Caller) -> None:
    last, middle, first, other = (
        make_record(parts, "shelves", name=name).record for name in ("C", "B", "A", "D")
    )
    merge(parts, middle.uuid, first.uuid, object_name="shelves")
    merge(parts, last.uuid, middle.uuid, object_name="shelves")
    for named in ({"id": first.uuid}, {"name": "A"}, {"id": middle.uuid}, {"id": last.uuid}):
        asked = changes(parts, seen_on=[named, {"id": other.uuid}])
        resolved = resolve_references(parts.author, asked)
        assert sorted(resolved.records.values()) == sorted([last.id, other.id]), named
        assert resolved.names == {last.id: "C", other.id: "D"}, named
    archive(parts, "shelves", last.uuid)
    error = refusal(save, parts, "parts", Mode.CREATE, name="p", shelf={"id": first.uuid})
    assert error.code == "does_not_exist"


# Whose own the merged record and its survivor are, and whether the caller reaches the survivor.
@pytest.mark.parametrize(
    ("merged_own", "survivor_own", "reached"),
    [(True, True, True), (True, False, False), (False, True, False)],
)
def test_a_merged_record_leads_to_a_survivor_in_sight_for_who_sees_both(
    parts: Caller, merged_own: bool, survivor_own: bool, reached: bool
) -> None:
    make_field(parts, "shelves", "Keeper", "team_selector")
    rights: dict[str, dict[str, Any]] = {"parts": {"view": "all"}, "shelves": {"view": "own"}}
    caller = make_member(parts, "m@example.com", rights)
    mine, other = str(caller.member.uuid), str(parts.member.uuid)
    into, loser = (
        make_record(parts, "shelves", name=name, keeper=mine if own else other).record
        for name, own in (("A", survivor_own), ("B", merged_own))
    )
    merge(parts, into.uuid, loser.uuid, object_name="shelves")
    asked = changes(caller, shelf={"id": loser.uuid})
    found = resolve_references(caller.author, asked).records
    assert list(found.values()) == ([into.id] if reached else [])


def test_a_member_is_named_by_id_or_email_or_as_the_caller(parts: Caller) -> None:
    other = make_member(parts, "Other@example.com").member
    for named in (str(other.uuid), str(other.uuid).upper(), {"email": "OTHER@example.com"}):
        assert keys(parts, keeper=named) == [other.id], named
    assert keys(parts, keeper="is_me") == [parts.member.id]


def test_every_kind_is_resolved_at_once(parts: Caller) -> None:
    shelves = [make_record(parts, "shelves", name=name).record for name in "AB"]
    file = Attachment.objects.create(workspace=parts.workspace, name="a", file="a.txt")
    found = keys(
        parts,
        shelf={"name": "A"},
        seen_on=[{"id": shelves[1].uuid}, {"name": "a"}],
        keeper="is_me",
        papers=[str(file.uuid)],
    )
    assert found == [shelves[0].id, shelves[1].id, shelves[0].id, parts.member.id, file.id]


def test_a_file_is_told_with_the_record_that_it_belongs_to(parts: Caller) -> None:
    owner = make_record(parts, "parts", name="p").record.id
    files = [
        Attachment.objects.create(
            workspace=parts.workspace, name="a", file="a.txt", record_id=record_id
        )
        for record_id in (owner, None)
    ]
    asked = changes(parts, papers=[str(file.uuid) for file in files])
    found = resolve_references(parts.author, asked).attachment_owners
    assert found == {files[0].id: owner, files[1].id: None}


def test_a_record_of_an_archived_object_does_not_exist(parts: Caller) -> None:
    row = make_record(parts, "shelves", name="A").record
    asked = changes(parts, shelf={"id": row.uuid})
    archive_object(parts.author, get_object(parts.author, "shelves").id)
    assert resolve_references(renewed(parts.author), asked).records == {}


def test_many_references_cost_what_few_do(parts: Caller) -> None:
    for at in range(40):
        make_record(parts, "shelves", name=f"Shelf {at}")
    few, many = (
        changes(
            parts, seen_on=[{"name": f"Shelf {at}"} for at in range(number)], labels=[f"l{number}"]
        )
        for number in (3, 40)
    )
    costs = [cost(resolve_references, parts.author, asked) for asked in (few, many)]
    assert costs[0] == costs[1]


def test_the_caller_is_known_without_a_look(parts: Caller) -> None:
    assert cost(resolve_references, parts.author, changes(parts, keeper="is_me")) == 0


LONG = "x" * 200


def _archived(parts: Caller) -> dict[str, Any]:
    row = make_record(parts, "shelves", name="Gone").record
    archive(parts, "shelves", row.uuid)
    return {"id": row.uuid}


def _foreign(parts: Caller) -> dict[str, Any]:
    other = make_workspace("Other", "other@example.org")
    make_object(other, "Shelves")
    return {"id": make_record(other, "shelves", name="Theirs").record.uuid}


UNKNOWN: dict[str, tuple[str, Any, str]] = {
    "a record's id": ("shelf", {"id": NOWHERE}, f"The record '{NOWHERE}' does not exist."),
    "a record's name": ("shelf", {"name": "Nowhere"}, "The record 'Nowhere' does not exist."),
    "a long name": ("shelf", {"name": LONG}, f"The record '{LONG[:80]}' does not exist."),
    "a member's id": ("keeper", NOWHERE, f"The member '{NOWHERE}' does not exist."),
    "a member's email": (
        "keeper",
        {"email": "no@example.com"},
        "The member 'no@example.com' does not exist.",
    ),
    "a file's id": ("papers", [NOWHERE], f"The attachment '{NOWHERE}' does not exist."),
}


@pytest.mark.parametrize(("field", "value", "message"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_does_not_exist_is_named_in_the_refusal(
    parts: Caller, field: str, value: Any, message: str
) -> None:
    error = refusal(save, parts, "parts", Mode.CREATE, name="p", **{field: value})
    assert isinstance(error, InvalidValues)
    assert [
        (problem.code, problem.message) for entry in error.entries for problem in entry.problems
    ] == [("does_not_exist", message)]


@pytest.mark.parametrize("made", [_archived, _foreign], ids=["archived", "another workspace's"])
def test_a_record_out_of_reach_is_one_that_never_was(parts: Caller, made: Any) -> None:
    named = made(parts)
    error = refusal(save, parts, "parts", Mode.CREATE, name="p", shelf=named)
    assert error.detail == f"The record '{named['id']}' does not exist."


def test_a_hidden_identifier_names_nothing(parts: Caller) -> None:
    make_record(parts, "shelves", name="A")
    caller = make_member(
        parts,
        "m@example.com",
        {"parts": {"create": True, "view": "all"}, "shelves": {"view": "all"}},
        hidden=[("shelves", "name")],
    )
    error = refusal(save, caller, "parts", Mode.CREATE, name="p", shelf={"name": "A"})
    assert error.detail == "The record 'A' does not exist."


def test_an_inactive_member_does_not_exist(parts: Caller) -> None:
    member = make_member(parts, "gone@example.com").member
    member.is_active = False
    member.save()
    for named in (str(member.uuid), {"email": member.email}):
        assert (
            refusal(save, parts, "parts", Mode.CREATE, name="p", keeper=named).code
            == "does_not_exist"
        )
