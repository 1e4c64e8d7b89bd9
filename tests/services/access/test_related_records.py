"""Records that are related to ones the caller may see, and that the caller may not."""

from __future__ import annotations

import pytest

from records.exceptions import NotFound
from records.services.operations.field_values import related_pipeline_records
from records.services.reading.field_selection import select_fields
from records.services.reading.history import get_record_as_of
from records.services.reading.record_views import (
    get_record_by_identifier,
)
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    entries,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import (
    change_list,
    found,
    history,
    names,
    outcome,
    problems,
    read,
    refusal,
    values_of,
    write,
)


@pytest.fixture
def cases(workspace: Caller) -> Caller:
    """Cases, some of which a member owns."""
    make_object(
        workspace,
        "Cases",
        FieldDefinition("Note", "text"),
        FieldDefinition("Helper", "team_selector"),
    )
    return workspace


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
    mine, theirs = (
        by_identifier(clients, "clients", "Mine"),
        by_identifier(clients, "clients", "Theirs"),
    )
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
    assert [
        names(change.new)
        for change in history(caller, "cases", case)[0].changes
        if change.field is field
    ] == [["Mine"]]
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
    contact = make_record(
        workspace, "contacts", first_name="Ann", email="ann@example.com"
    ).record.uuid
    case = make_record(workspace, "cases", name="A", contact=contact).record.uuid
    grants = {"cases": {"view": "all"}, "client_client": {"view": "all"}}
    caller = make_member(workspace, "blind@example.com", grants, hidden=[("contacts", "email")])
    shown = read(caller, "cases", case)["contact"]
    assert (shown["first_name"], shown["email"], shown["display_name"]) == ("Ann", "", "Ann")
    field = caller.schema("cases").by_name["contact"].uuid
    assert values_of(caller, case, field, "ann@example") == []
    assert values_of(workspace, case, field, "ann@example") == ["Ann"]


def test_a_link_is_not_changed_from_a_side_that_hides_the_field_it_is_stored_in(
    clients: Caller,
) -> None:
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
