"""Who may do what: every operation under every grant, on records that are one's own and records that are not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from records.exceptions import InvalidInput, InvalidValues, NotAllowed, NotFound, RecordsError
from records.services.field_values import list_field_values, related_pipeline_records
from records.services.history import get_record_as_of
from records.services.read import get_record_by_identifier, select_fields
from records.services.write import Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    entries,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)

from .acting import (
    change_list,
    found,
    history,
    names,
    problems,
    read,
    refusal,
    save,
    search,
    unarchive,
    upsert,
    values_of,
    view,
    write,
)

NOTHING = ("none", "own", "all")


def outcome(work: Callable[..., object], *args: Any, **more: Any) -> type[RecordsError] | None:
    """What stops a piece of work, if anything does."""
    try:
        work(*args, **more)
    except RecordsError as error:
        return type(error)
    return None


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


# ---------------------------------------------------------------- related records


@pytest.fixture
def clients(cases: Caller) -> Caller:
    """Cases of clients, and deals with them."""
    make_object(cases, "Clients", FieldDefinition("Tax", "text"))
    make_object(cases, "Deals", object_type="pipeline")
    make_relation(cases, "cases", "Clients", "clients", "additional", "Cases")
    make_relation(cases, "deals", "Client", "clients", "primary", "Deals")
    for name in ("Mine", "Theirs"):
        make_record(cases, "clients", name=name, tax=f"tax of {name}")
        make_record(cases, "deals", name=f"Deal with {name}", client={"name": name})
    make_record(cases, "cases", name="A", clients=[{"name": "Mine"}, {"name": "Theirs"}])
    return cases


def by_identifier(caller: Caller, object_name: str, name: str) -> str:
    return get_record_by_identifier(caller.author, caller.schema(object_name), name, []).uuid


def test_related_records_out_of_sight_are_nowhere_to_be_seen(clients: Caller) -> None:
    everything = {"view": "all", "edit": "all"}
    grants = {"cases": everything, "clients": {"view": "own"}, "deals": {"view": "own"}}
    caller = make_member(clients, "own@example.com", grants)
    mine, theirs = by_identifier(clients, "clients", "Mine"), by_identifier(clients, "clients", "Theirs")
    me = str(caller.member.uuid)
    change_record(clients, "clients", mine, owner=me)
    case = by_identifier(clients, "cases", "A")
    field = caller.schema("cases").by_name["clients"]
    assert names(read(caller, "cases", case)["clients"]) == ["Mine"]
    assert values_of(caller, case, field.uuid) == ["Mine"]
    assert values_of(caller, case, field.uuid, "their") == []
    assert found(caller, "cases", ("clients", "contains", [theirs])) == []
    assert found(caller, "cases", ("clients", "!contains", [theirs])) == ["A"]
    assert found(caller, "cases", ("clients", "contains", [{"name": "Theirs"}])) == []
    assert found(caller, "cases", ("clients", "contains", [{"name": "mine"}])) == ["A"]
    for sent in (theirs, {"name": "Theirs"}):
        error = refusal(change_list, caller, "cases", case, "clients", add=[sent])
        assert problems(error) == [(0, "", "add_values", "does_not_exist")]
    assert [names(change.new) for change in history(caller, "cases", case)[0].changes if change.field is field] == [
        ["Mine"]
    ]
    assert "deals" not in read(caller, "clients", mine)
    assert found(caller, "clients", ("deals", "is_blank", True)) == ["Mine"]
    assert related_pipeline_records(caller.author, mine, None, None, 0, 10) == (0, [])
    deal = by_identifier(clients, "deals", "Deal with Mine")
    change_record(clients, "deals", deal, owner=me)
    assert names(read(caller, "clients", mine)["deals"]) == ["Deal with Mine"]
    assert related_pipeline_records(caller.author, mine, None, None, 0, 10)[0] == 1
    assert outcome(related_pipeline_records, caller.author, theirs, None, None, 0, 10) is NotFound


def test_a_related_object_without_any_grant_is_blank(clients: Caller) -> None:
    caller = make_member(clients, "cases@example.com", {"cases": {"view": "all", "edit": "all"}})
    case = by_identifier(clients, "cases", "A")
    field = caller.schema("cases").by_name["clients"]
    assert "clients" not in read(caller, "cases", case)
    assert values_of(caller, case, field.uuid) == []
    assert found(caller, "cases", ("clients", "is_blank", True)) == ["A"]
    assert outcome(caller.schema, "clients") is NotFound


def test_a_hidden_field_does_not_show_through_a_relationship(workspace: Caller) -> None:
    make_object(workspace, "Cases")
    make_relation(workspace, "cases", "Contact", "contacts", "primary", "Cases")
    contact = make_record(workspace, "contacts", first_name="Ann", email="ann@example.com").record.uuid
    case = make_record(workspace, "cases", name="A", contact=contact).record.uuid
    grants = {"cases": {"view": "all"}, "client_client": {"view": "all"}}
    caller = make_member(workspace, "blind@example.com", grants, hidden=[("contacts", "email")])
    shown = read(caller, "cases", case)["contact"]
    assert (shown["first_name"], shown["email"], shown["display_name"]) == ("Ann", "", "Ann")
    field = caller.schema("cases").by_name["contact"].uuid
    assert values_of(caller, case, field, "ann@example") == []
    assert values_of(workspace, case, field, "ann@example") == ["Ann"]


def test_a_link_is_not_changed_from_a_side_that_hides_the_field_it_is_stored_in(clients: Caller) -> None:
    everything = {"view": "all", "edit": "all"}
    grants = {"cases": everything, "clients": everything}
    caller = make_member(clients, "locked@example.com", grants, locked=[("cases", "clients")])
    mine = by_identifier(clients, "clients", "Mine")
    error = refusal(change_record, caller, "clients", mine, cases=[])
    assert problems(error) == [(0, "", "value", "permission_required")]
    grants["cases"] = {"view": "all", "edit": "none"}
    caller = make_member(clients, "viewer@example.com", grants)
    error = refusal(change_record, caller, "clients", mine, cases=[])
    assert problems(error) == [(0, "", "value", "permission_required")]


def test_a_record_as_it_once_was_is_for_those_who_may_see_it_now(cases: Caller) -> None:
    caller = make_member(cases, "own@example.com", {"cases": {"view": "own"}})
    uuid = make_record(cases, "cases", name="A").record.uuid
    created = history(cases, "cases", uuid)[0].created
    assert created is not None

    def as_of() -> object:
        author, schema = caller.author, caller.schema("cases")
        return get_record_as_of(author, schema, uuid, created, select_fields(author, schema)).values

    assert outcome(as_of) is NotFound
    change_record(cases, "cases", uuid, owner=str(caller.member.uuid))
    assert as_of()


def test_archived_records_are_not_found_by_filters_of_their_relations(clients: Caller) -> None:
    theirs = by_identifier(clients, "clients", "Theirs")
    archive(clients, "clients", theirs)
    assert found(clients, "cases", ("clients", "contains", [theirs])) == []
    write(clients, "clients", SaveRequest(Mode.CREATE, entries=entries({"name": "Third"})))
    assert found(clients, "cases", ("clients", "is_blank", False)) == ["A"]
