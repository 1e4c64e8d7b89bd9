"""Who may do what: every operation under every grant, on records that are one's own and records
that are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from django.db import transaction

from records.exceptions import (
    InvalidValues,
    NotAllowed,
    NotFound,
    RecordsError,
)
from records.models import ObjectPermission, Source, Workspace
from records.services.access import author as authors
from records.services.access.author import (
    LEVELS,
    Access,
    access_to,
    check_scope,
    find_field,
    find_suspended,
    get_schema,
    has_scope,
    list_kept_schemas,
    list_schemas,
    may_write,
    member_author,
    renewed,
    visible_condition,
    visible_identifier,
)
from records.services.catalogue import get_directory, load_workspace
from records.services.operations.field_values import list_field_values
from records.services.reading.field_selection import select_fields
from records.services.reading.record_views import (
    get_record_by_identifier,
)
from records.services.shaping import archive_object
from records.services.shaping.creation import get_object
from records.services.writing.save_requests import Mode
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    keep_elsewhere,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import (
    found,
    history,
    invalid_at,
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
    make_object(
        workspace,
        "Cases",
        FieldDefinition("Note", "text"),
        FieldDefinition("Helper", "team_selector"),
    )
    return workspace


def operations(caller: Caller, uuid: str, name: str) -> dict[str, Callable[[], object]]:
    """Everything that can be done with one live record, each leaving it as it was."""
    return {
        "retrieve": lambda: read(caller, "cases", uuid),
        "lookup": lambda: get_record_by_identifier(caller.author, caller.schema("cases"), name, []),
        "history": lambda: history(caller, "cases", uuid),
        "field values": lambda: values_of(
            caller, uuid, caller.schema("cases").by_name["note"].uuid
        ),
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
            uuid = make_record(
                cases, "cases", name=name, owner=str(owner.member.uuid), note="n"
            ).record.uuid
            _check_operations(caller, uuid, name, grants, own=own)
            if view_extent != "none" or create:
                assert (name in found(caller, "cases", page_size=1000)) == reaches(
                    view_extent, own=own
                )
        made = outcome(make_record, caller, "cases", name=str(grants))
        visible = view_extent != "none" or create
        assert made == (None if create else NotAllowed if visible else NotFound)


def _check_operations(
    caller: Caller, uuid: str, name: str, grants: dict[str, Any], *, own: bool
) -> None:
    visible = reaches(grants["view"], own=own)
    for operation, work in operations(caller, uuid, name).items():
        needed = {"patch": "edit", "put": "edit", "upsert": "edit", "archive": "remove"}.get(
            operation, "view"
        )
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
        for name, values in {
            "owner": {"owner": me},
            "helper": {"helper": me},
            "neither": {},
        }.items()
    }
    assert sorted(found(caller, "cases")) == ["helper", "owner"]
    assert search(caller, "cases", page_size=1).count == 2
    change_record(caller, "cases", made["helper"], helper=None)
    assert isinstance(refusal(read, caller, "cases", made["helper"]), NotFound)
    assert found(caller, "cases", ("note", "is_blank", True)) == ["owner"]
    assert found(caller, "cases", ordering=("name",), search="e") == ["owner"]


def test_access_tells_what_the_caller_may_do(cases: Caller) -> None:
    caller = make_member(
        cases, "own@example.com", {"cases": {"view": "all", "edit": "own", "remove": "none"}}
    )
    for owner, may_edit in ((caller, True), (cases, False)):
        made = make_record(cases, "cases", name=str(may_edit), owner=str(owner.member.uuid))
        access = view(caller, "cases", made.record.uuid).access
        assert (access.view, access.edit, access.remove) == (True, may_edit, False)


def test_who_may_not_see_a_record_may_not_change_it(cases: Caller) -> None:
    grants = {"cases": {"view": "own", "edit": "all", "remove": "all"}}
    caller = make_member(cases, "own@example.com", grants)
    schema = caller.schema("cases")
    nothing, everything = Access(False, False, False), Access(True, True, True)
    assert access_to(caller.author, schema, {}, None) == nothing
    assert access_to(caller.author, schema, {}, cases.member.id) == nothing
    assert access_to(caller.author, schema, {}, caller.member.id) == everything
    assert access_to(cases.author, schema, {}, None) == everything


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
    assert all(
        change.field.name != "note"
        for row in history(caller, "cases", uuid)
        for change in row.changes
    )
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


def test_an_object_may_have_no_identifier(cases: Caller) -> None:
    make_object(cases, "Notes", identifier_field=None)
    assert visible_identifier(cases.author, cases.schema("notes")) is None
    identifier = cases.schema("cases").identifier
    assert visible_identifier(cases.author, cases.schema("cases")) == identifier


def test_an_identifier_that_is_hidden_or_locked_is_no_way_in(cases: Caller) -> None:
    make_field(cases, "cases", "Code", "text", is_unique=True)
    make_record(cases, "cases", name="A", code="c")
    grants = {"cases": {"create": True, "view": "all", "edit": "all"}}
    blind = make_member(cases, "blind@example.com", grants, hidden=[("cases", "name")])
    assert invalid_at(upsert, blind, "cases", "A", {"note": "x"}) == ((), "invalid")
    found = invalid_at(get_record_by_identifier, blind.author, blind.schema("cases"), "A", [])
    assert found == ((), "invalid")
    reader = make_member(
        cases, "reader@example.com", grants, locked=[("cases", "name"), ("cases", "code")]
    )
    assert upsert(reader, "cases", "a", {"note": "x"}).action == "updated"
    error = refusal(upsert, reader, "cases", "B", {"note": "x"})
    assert "permission_required" in [problem[3] for problem in problems(error)]
    error = refusal(upsert, reader, "cases", "d", {}, match_field="code")
    assert "permission_required" in [problem[3] for problem in problems(error)]


# ---------------------------------------------------------------- keys


def test_areas_and_levels_are_those_that_keys_may_name() -> None:
    assert authors.AREAS == ("records", "datatypes", "members", "webhooks")
    assert authors.LEVELS == ("read", "write", "admin")


# ---------------------------------------------------------------- definitions


def test_fields_are_found_by_name_and_by_id_however_it_is_written(cases: Caller) -> None:
    author, schema = cases.author, cases.schema("cases")
    note = schema.by_name["note"]
    assert [find_field(author, schema, key) for key in ("note", note.uuid, note.uuid.upper())] == [
        note
    ] * 3
    assert find_field(author, schema, "nothing") is None


def test_only_an_object_that_is_there_is_found(cases: Caller) -> None:
    assert get_schema(cases.author, "cases").name == "cases"
    assert isinstance(refusal(get_schema, cases.author, "nothing"), NotFound)


def test_what_is_read_only_computed_or_locked_is_not_written(cases: Caller) -> None:
    make_field(cases, "cases", "Sealed", "text", is_read_only=True)
    grants = {"cases": {"view": "all", "edit": "all"}}
    caller = make_member(cases, "reader@example.com", grants, locked=[("cases", "note")])
    by_name = caller.schema("cases").by_name
    asked = ("name", "note", "sealed", "display_name")
    assert [may_write(caller.author, by_name[name]) for name in asked] == [True, *[False] * 3]


def test_a_computed_field_is_not_written_even_without_the_flag(cases: Caller) -> None:
    computed = cases.schema("cases").by_name["display_name"]
    assert not may_write(cases.author, replace(computed, is_read_only=False))


def test_a_relationship_with_an_archived_object_is_found_by_who_may_see_it(cases: Caller) -> None:
    make_object(cases, "Clients")
    make_object(cases, "Shops")
    make_relation(cases, "cases", "Client", "clients", "primary", "Cases")
    make_relation(cases, "cases", "Shop", "shops", "primary", "Cases")
    grants = {"cases": {"view": "all"}}
    clerk = make_member(cases, "clerk@example.com", grants)
    blind = make_member(cases, "blind@example.com", grants, hidden=[("cases", "client")])
    client, shop = (cases.schema("cases").by_name[name].uuid for name in ("client", "shop"))
    assert find_suspended(cases.author, cases.schema("cases"), "client") is None
    for name in ("clients", "shops"):
        archive_object(cases.author, cases.schema(name).id)

    def found_by(caller: Caller, name: str) -> str | None:
        spec = find_suspended(caller.author, caller.schema("cases"), name)
        return None if spec is None else spec.uuid

    asked = ("client", "shop", "note", "nothing")
    for caller in (cases, clerk):
        assert [found_by(caller, name) for name in asked] == [client, shop, None, None]
    assert [found_by(blind, name) for name in asked] == [None, shop, None, None]


def test_of_archived_records_ones_own_are_those_that_were(cases: Caller) -> None:
    caller = make_member(cases, "own@example.com", {"cases": {"view": "own"}})
    schema = caller.schema("cases")
    for live, condition in ((True, " own.live"), (False, "NOT own.live")):
        assert condition in visible_condition(caller.author, schema, "r", live=live)[0]


def test_objects_are_listed_by_name_to_those_who_may_do_something_with_them(cases: Caller) -> None:
    make_object(cases, "Accounts")
    make_object(cases, "Zones")
    names = [schema.name for schema in list_schemas(cases.author)]
    assert names == sorted(names)
    assert {"accounts", "cases", "zones"} <= set(names)
    grants: dict[str, dict[str, Any]] = {"zones": {"create": True}, "accounts": {"view": "own"}}
    caller = make_member(cases, "clerk@example.com", grants)
    assert [schema.name for schema in list_schemas(caller.author)] == ["accounts", "zones"]
    # Who may only create records of an object sees none.
    assert [schema.name for schema in list_kept_schemas(caller.author)] == ["accounts"]


def test_an_object_whose_records_are_elsewhere_is_not_among_those_kept_here(cases: Caller) -> None:
    kept = [schema.name for schema in list_kept_schemas(cases.author)]
    keep_elsewhere(cases, get_object(cases.author, "cases"))
    assert "cases" in [schema.name for schema in list_schemas(cases.author)]
    kept.remove("cases")
    assert [schema.name for schema in list_kept_schemas(cases.author)] == kept


def test_an_author_is_renewed_with_what_the_transaction_has_changed(cases: Caller) -> None:
    author = make_member(cases, "clerk@example.com", {"cases": {"view": "all"}}).author
    cases.schema("cases")
    with transaction.atomic():
        # The version of the definitions stays: others must not learn of it before the commit.
        ObjectPermission.objects.filter(workspace=cases.workspace, role=author.role.id).update(
            view="own"
        )
        Workspace.objects.filter(id=author.workspace.id).update(time_zone="Asia/Tokyo")
        fresh = renewed(author)
    assert fresh.role.grant(cases.schema("cases").id).view == "own"
    assert str(fresh.workspace.zone) == "Asia/Tokyo"
    assert fresh.directory.workspace == fresh.workspace
    assert (fresh.member, fresh.operation_id) == (author.member, author.operation_id)


def test_what_a_transaction_takes_back_is_known_to_its_author_alone(cases: Caller) -> None:
    author = make_member(cases, "clerk@example.com", {"cases": {"view": "all"}}).author
    schema = cases.schema("cases")
    with transaction.atomic():
        ObjectPermission.objects.filter(workspace=cases.workspace, role=author.role.id).update(
            view="own"
        )
        assert renewed(author).role.grant(schema.id).view == "own"
        transaction.set_rollback(True)
    others = get_directory(load_workspace(author.workspace.id))
    assert others.role(author.role.id).grant(schema.id).view == "all"


def test_a_known_member_is_an_author(cases: Caller) -> None:
    member = make_member(cases, "clerk@example.com", {"cases": {"view": "all"}})
    author = member_author(
        load_workspace(cases.workspace.pk), member.member.pk, Source.ADMIN, "the-request"
    )
    assert (author.member.id, author.role.id) == (member.member.pk, member.author.role.id)
    assert (author.source, author.request_id) == ("admin", "the-request")
    assert (author.api_key_id, author.scopes) == (None, ())


SCOPES: dict[tuple[str, ...], tuple[bool, bool, bool]] = {
    (): (True, True, True),
    ("records:read",): (True, False, False),
    ("records:write",): (True, True, False),
    ("records:admin",): (True, True, True),
    ("members:admin",): (False, False, False),
}


@pytest.mark.parametrize(("scopes", "expected"), SCOPES.items())
def test_a_scope_includes_the_lower_ones_of_its_area(
    workspace: Caller, scopes: tuple[str, ...], expected: tuple[bool, bool, bool]
) -> None:
    author = replace(workspace.author, scopes=scopes)
    assert tuple(has_scope(author, "records", level) for level in LEVELS) == expected
    for level, allowed in zip(LEVELS, expected, strict=True):
        assert outcome(check_scope, author, "records", level) is (None if allowed else NotAllowed)
