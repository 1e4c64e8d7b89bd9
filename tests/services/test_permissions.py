"""Who may do what: every operation under every grant, on records that are one's own and records that are not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from records.exceptions import InvalidInput, InvalidValues, NotAllowed, NotFound, RecordsError
from records.services.field_values import list_field_values
from records.services.read import get_record_by_identifier, select_fields
from records.services.write import Mode
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    make_field,
    make_member,
    make_object,
    make_record,
)

from .acting import (
    found,
    history,
    outcome,
    problems,
    read,
    refusal,
    save,
    search,
    unarchive,
    upsert,
    values_of,
    view,
)

NOTHING = ("none", "own", "all")


def reaches(extent: str, *, own: bool) -> bool:
    return extent == "all" or (extent == "own" and own)


@pytest.fixture
def cases(workspace: Caller) -> Caller:
    """Cases, some of which a member owns."""
    make_object(workspace, "Cases", FieldDefinition("Note", "text"), FieldDefinition("Helper", "team_selector"))
    return workspace


def operations(caller: Caller, uuid: str, name: str) -> dict[str, Callable[[], object]]:
    """Everything that can be done with one live record, each leaving it as it was."""
    return {
        "retrieve": lambda: read(caller, "cases", uuid),
        "lookup": lambda: get_record_by_identifier(caller.author, caller.schema("cases"), name, []),
        "history": lambda: history(caller, "cases", uuid),
        "field values": lambda: values_of(caller, uuid, caller.schema("cases").by_name["note"].uuid),
        "patch": lambda: change_record(caller, "cases", uuid, note="n"),
        "put": lambda: save(caller, "cases", Mode.REPLACE, uuid, name=name, note="n"),
        "upsert": lambda: upsert(caller, "cases", name, {"note": "n"}),
        "archive": lambda: archive(caller, "cases", uuid),
    }


@pytest.mark.parametrize("view_extent", NOTHING)
def test_nothing_that_is_not_granted_works(cases: Caller, view_extent: str) -> None:
    for edit, remove, create in product(NOTHING, NOTHING, (True, False)):
        grants = {"view": view_extent, "edit": edit, "remove": remove, "create": create}
        caller = make_member(cases, f"{edit}-{remove}-{create}@example.com", {"cases": grants})
        for own in (True, False):
            owner = caller if own else cases
            name = f"{edit} {remove} {create} {own}"
            uuid = make_record(cases, "cases", name=name, owner=str(owner.member.uuid), note="n").record.uuid
            _check_operations(caller, uuid, name, grants, own=own)
            if view_extent != "none" or create:
                assert (name in found(caller, "cases", page_size=1000)) == reaches(view_extent, own=own)
        made = outcome(make_record, caller, "cases", name=str(grants))
        visible = view_extent != "none" or create
        assert made == (None if create else NotAllowed if visible else NotFound)


def _check_operations(caller: Caller, uuid: str, name: str, grants: dict[str, Any], *, own: bool) -> None:
    visible = reaches(grants["view"], own=own)
    for operation, work in operations(caller, uuid, name).items():
        needed = {"patch": "edit", "put": "edit", "upsert": "edit", "archive": "remove"}.get(operation, "view")
        allowed = visible and reaches(grants[needed], own=own)
        told: type[RecordsError] = NotAllowed if visible else NotFound
        if operation == "upsert" and not visible and (grants["view"] != "none" or grants["create"]):
            told = InvalidValues  # the name is taken, by whom is not said
        assert outcome(work) == (None if allowed else told), (operation, grants, own)
    if visible and reaches(grants["remove"], own=own):
        assert isinstance(refusal(read, caller, "cases", uuid), NotFound)
        assert outcome(unarchive, caller, "cases", uuid) is None
    else:
        assert outcome(unarchive, caller, "cases", uuid) == (InvalidValues if visible else NotFound)


def test_one_is_owner_or_team_selector_of_ones_own_records(cases: Caller) -> None:
    caller = make_member(cases, "own@example.com", {"cases": {"view": "own", "edit": "own"}})
    me = str(caller.member.uuid)
    made = {
        name: make_record(cases, "cases", name=name, **values).record.uuid
        for name, values in {"owner": {"owner": me}, "helper": {"helper": me}, "neither": {}}.items()
    }
    assert sorted(found(caller, "cases")) == ["helper", "owner"]
    assert search(caller, "cases", page_size=1).count == 2
    change_record(caller, "cases", made["helper"], helper=None)
    assert isinstance(refusal(read, caller, "cases", made["helper"]), NotFound)
    assert found(caller, "cases", ("note", "is_blank", True)) == ["owner"]
    assert found(caller, "cases", ordering=("name",), search="e") == ["owner"]


def test_access_tells_what_the_caller_may_do(cases: Caller) -> None:
    caller = make_member(cases, "own@example.com", {"cases": {"view": "all", "edit": "own", "remove": "none"}})
    for owner, may_edit in ((caller, True), (cases, False)):
        made = make_record(cases, "cases", name=str(may_edit), owner=str(owner.member.uuid))
        access = view(caller, "cases", made.record.uuid).access
        assert (access.view, access.edit, access.remove) == (True, may_edit, False)


# ---------------------------------------------------------------- field switches


def test_a_hidden_field_is_as_unknown_as_one_that_never_was(cases: Caller) -> None:
    grants = {"cases": {"create": True, "view": "all", "edit": "all", "remove": "all"}}
    caller = make_member(cases, "blind@example.com", grants, hidden=[("cases", "note")])
    uuid = make_record(cases, "cases", name="A", note="secret").record.uuid
    assert "note" not in read(caller, "cases", uuid)
    author, schema = caller.author, caller.schema("cases")
    note = schema.by_name["note"].uuid
    by_name: list[Callable[[str], object]] = [
        lambda key: select_fields(author, schema, field_names=[key]),
        lambda key: found(caller, "cases", (key, "=", "secret")),
        lambda key: found(caller, "cases", ordering=(key,)),
        lambda key: found(caller, "cases", search="s", within_names=[key]),
        lambda key: change_record(caller, "cases", uuid, **{key: "x"}),
        lambda key: upsert(caller, "cases", "x", {"name": "x"}, match_field=key),
    ]
    by_id: list[Callable[[str], object]] = [
        lambda key: select_fields(author, schema, field_ids=[key]),
        lambda key: found(caller, "cases", (key, "is_blank", True)),
        lambda key: found(caller, "cases", search="s", within_ids=[key]),
        lambda key: list_field_values(author, uuid, key, "", 0, 10),
    ]
    unknown = f"{note[:-1]}{int(note[-1], 16) ^ 1:x}"
    for attempts, hidden_key, unknown_key in ((by_name, "note", "nots"), (by_id, note, unknown)):
        for attempt in attempts:
            hidden, other = refusal(attempt, hidden_key), refusal(attempt, unknown_key)
            assert (type(hidden), hidden.code) == (type(other), other.code)
            assert hidden.detail.replace(hidden_key, unknown_key) == other.detail
    assert found(caller, "cases", search="secret") == []
    assert all(change.field.name != "note" for row in history(caller, "cases", uuid) for change in row.changes)
    save(caller, "cases", Mode.REPLACE, uuid, name="A")
    assert read(cases, "cases", uuid)["note"] == "secret"


def test_a_locked_field_is_seen_but_not_changed(cases: Caller) -> None:
    grants = {"cases": {"create": True, "view": "all", "edit": "all"}}
    caller = make_member(cases, "reader@example.com", grants, locked=[("cases", "note")])
    uuid = make_record(cases, "cases", name="A", note="kept").record.uuid
    assert read(caller, "cases", uuid)["note"] == "kept"
    error = refusal(change_record, caller, "cases", uuid, note="x")
    assert problems(error) == [(0, "", "value", "permission_required")]
    save(caller, "cases", Mode.REPLACE, uuid, name="A")
    assert read(cases, "cases", uuid)["note"] == "kept"


def test_an_identifier_that_is_hidden_or_locked_is_no_way_in(cases: Caller) -> None:
    make_field(cases, "cases", "Code", "text", is_unique=True)
    make_record(cases, "cases", name="A", code="c")
    grants = {"cases": {"create": True, "view": "all", "edit": "all"}}
    blind = make_member(cases, "blind@example.com", grants, hidden=[("cases", "name")])
    assert isinstance(refusal(upsert, blind, "cases", "A", {"note": "x"}), InvalidInput)
    error = refusal(get_record_by_identifier, blind.author, blind.schema("cases"), "A", [])
    assert isinstance(error, InvalidInput)
    reader = make_member(cases, "reader@example.com", grants, locked=[("cases", "name"), ("cases", "code")])
    assert upsert(reader, "cases", "a", {"note": "x"}).action == "updated"
    error = refusal(upsert, reader, "cases", "B", {"note": "x"})
    assert "permission_required" in [problem[3] for problem in problems(error)]
    error = refusal(upsert, reader, "cases", "d", {}, match_field="code")
    assert "permission_required" in [problem[3] for problem in problems(error)]
