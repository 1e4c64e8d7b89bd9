"""Who may do what: every operation under every grant, on records that are one's own and records
that are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction
from pytest_django import Settings

from records.exceptions import (
    InvalidValues,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RecordsError,
    TooMany,
)
from records.models import ApiKey, Member, ObjectPermission, Workspace
from records.services.access.author import (
    AREAS,
    FOREIGN,
    INVALID_KEY,
    LEVELS,
    Access,
    Source,
    access_to,
    authenticate_bearer,
    authenticate_key,
    authenticate_user,
    check_scope,
    find_field,
    get_schema,
    has_scope,
    is_workspace,
    list_schemas,
    may_write,
    renewed,
    visible_condition,
    visible_identifier,
)
from records.services.operations.field_values import list_field_values
from records.services.reading.field_selection import select_fields
from records.services.reading.record_views import (
    get_record_by_identifier,
)
from records.services.writing.save_requests import Mode
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    make_field,
    make_key,
    make_member,
    make_object,
    make_record,
    make_workspace,
)
from tests.services.acting import (
    cost,
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


def bearer(secret: str, named: Caller | None = None) -> str:
    """The member a key speaks for."""
    uuid = None if named is None else UUID(str(named.member.uuid))
    return authenticate_bearer(secret, Source.RECORDS_API, member_uuid=uuid).member.uuid


def full(secret: str, workspace: Caller, member: Caller) -> str:
    """The member a key speaks for, with the workspace and the member that the caller names."""
    uuids = (UUID(str(workspace.workspace.uuid)), UUID(str(member.member.uuid)))
    return authenticate_key(secret, *uuids, Source.RECORDS_API).member.uuid


def test_a_key_speaks_for_its_member_and_a_shared_one_for_any(workspace: Caller) -> None:
    colleague = make_member(workspace, "m@example.com")
    shared = make_key(workspace.workspace, None)[1]
    for secret, caller in ((workspace.secret, workspace), (shared, workspace), (shared, colleague)):
        assert full(secret, workspace, caller) == str(caller.member.uuid)
        assert bearer(secret, caller) == str(caller.member.uuid)
    assert bearer(workspace.secret) == str(workspace.member.uuid)


def test_a_key_that_does_not_belong_to_whom_it_is_used_for_is_refused(workspace: Caller) -> None:
    colleague = make_member(workspace, "m@example.com")
    foreign = make_workspace("Other", "other@example.com")
    shared = make_key(workspace.workspace, None)[1]
    refused = [
        refusal(full, workspace.secret, workspace, colleague),
        refusal(full, workspace.secret, foreign, workspace),
        refusal(full, shared, workspace, foreign),
        refusal(bearer, workspace.secret, colleague),
        refusal(bearer, shared, foreign),
    ]
    assert {(type(error), error.detail) for error in refused} == {(NotAllowed, FOREIGN)}
    unnamed = refusal(bearer, shared)
    assert (type(unnamed), "X-USER-ID" in unnamed.detail) == (NotAllowed, True)


PAST = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
def test_a_key_out_of_force_is_as_unknown_as_one_that_never_was(
    workspace: Caller, column: str
) -> None:
    key, secret = make_key(workspace.workspace, workspace.member)
    assert bearer(secret) == str(workspace.member.uuid)
    ApiKey.objects.filter(workspace=workspace.workspace, id=key.pk).update(**{column: PAST})
    refused = [
        refusal(bearer, secret),
        refusal(full, secret, workspace, workspace),
        refusal(bearer, "rec_unknown"),
        refusal(bearer, "\ud800"),
    ]
    assert {(type(error), error.detail) for error in refused} == {(NotAuthenticated, INVALID_KEY)}


def test_a_key_ends_at_the_moment_it_says(workspace: Caller) -> None:
    end = datetime(2024, 5, 31, 12, tzinfo=UTC)
    secret = make_key(workspace.workspace, workspace.member, expires_at=end)[1]
    with time_machine.travel(end, tick=False) as clock:
        assert isinstance(refusal(bearer, secret), NotAuthenticated)
        clock.move_to(end - timedelta(seconds=1))
        assert bearer(secret) == str(workspace.member.uuid)


def test_a_key_that_is_known_to_be_spent_costs_no_statement(
    workspace: Caller, settings: Settings
) -> None:
    settings.LIMIT_KEY = "1/minute"
    bearer(workspace.secret)
    assert isinstance(refusal(bearer, workspace.secret), TooMany)
    assert cost(refusal, bearer, workspace.secret) == 0


def test_an_author_knows_where_the_key_stands(workspace: Caller, settings: Settings) -> None:
    settings.LIMIT_KEY, settings.LIMIT_WORKSPACE = "5/hour", "3/hour"
    author = authenticate_bearer(workspace.secret, Source.RECORDS_API)
    assert author.standing is not None
    assert (author.standing.limit, author.standing.remaining) == (3, 2)


def test_a_user_who_is_logged_in_is_an_active_member(workspace: Caller, settings: Settings) -> None:
    settings.LIMIT_WORKSPACE = "3/hour"
    user_id, uuid = workspace.member.user_id, UUID(str(workspace.workspace.uuid))
    author = authenticate_user(user_id, uuid, Source.RECORDS_API, "the-request")
    assert (author.member.id, author.workspace) == (workspace.member.id, workspace.author.workspace)
    assert (author.source, author.request_id) == (Source.RECORDS_API, "the-request")
    assert author.standing is not None
    assert author.standing.remaining == 2

    foreign = make_workspace("Other", "other@example.com")
    colleague = make_member(workspace, "m@example.com").member
    Member.objects.filter(workspace=workspace.workspace, id=colleague.pk).update(is_active=False)
    for unknown in (foreign.member.user_id, colleague.user_id):
        error = refusal(authenticate_user, unknown, uuid, Source.RECORDS_API)
        assert (type(error), error.detail) == (NotAllowed, FOREIGN)


@pytest.mark.django_db(transaction=True)
def test_a_key_is_good_though_its_use_cannot_be_noted() -> None:
    caller = make_workspace()
    switch = (
        "SET default_transaction_read_only = {}"
        if connection.vendor == "postgresql"
        else "PRAGMA query_only = {}"
    )
    with connection.cursor() as cursor:
        cursor.execute(switch.format("on"))
        try:
            assert bearer(caller.secret) == str(caller.member.uuid)
        finally:
            cursor.execute(switch.format("off"))
    assert ApiKey.objects.get(workspace=caller.workspace).last_used_at is None


def test_a_key_goes_with_its_member(workspace: Caller) -> None:
    colleague = make_member(workspace, "m@example.com")
    shared = make_key(workspace.workspace, None)[1]
    Member.objects.filter(workspace=workspace.workspace, id=colleague.member.pk).update(
        is_active=False
    )
    assert isinstance(refusal(bearer, colleague.secret), NotAuthenticated)
    assert isinstance(refusal(bearer, shared, colleague), NotAllowed)
    assert isinstance(refusal(full, shared, workspace, colleague), NotAllowed)


def test_knowing_who_calls_is_one_statement(workspace: Caller) -> None:
    bearer(workspace.secret)
    assert cost(bearer, workspace.secret) == 1
    assert cost(full, workspace.secret, workspace, workspace) == 1


def test_a_key_acts_in_its_workspace_and_within_its_scopes(workspace: Caller) -> None:
    key, secret = make_key(
        workspace.workspace, workspace.member, scopes=["records:read"], self_access=True
    )
    author = authenticate_bearer(secret, Source.MCP, "the-request")

    assert (author.api_key_id, author.scopes) == (key.pk, ("records:read",))
    assert author.self_access
    assert (author.source, author.request_id) == ("mcp", "the-request")
    assert author.role == workspace.author.role
    assert author.workspace == workspace.author.workspace
    assert is_workspace(author, workspace.workspace.slug)
    assert not is_workspace(author, make_workspace("Other", "other@example.com").workspace.slug)


def test_idempotency_keys_belong_to_a_member_and_what_they_call_with(workspace: Caller) -> None:
    colleague = make_member(workspace, "m@example.com")
    shared = make_key(workspace.workspace, None)[1]
    authors = [
        authenticate_bearer(secret, Source.RECORDS_API, member_uuid=UUID(str(named.member.uuid)))
        for secret, named in (
            (shared, workspace),
            (shared, colleague),
            (workspace.secret, workspace),
        )
    ]
    callers = [author.caller for author in (*authors, workspace.author, colleague.author)]
    assert len(set(callers)) == 5
    assert callers[-2:] == [f"member:{who.member.pk}" for who in (workspace, colleague)]


def test_the_use_of_a_key_is_noted_once_a_minute(workspace: Caller) -> None:
    other = make_key(workspace.workspace, workspace.member)[0]
    keys = ApiKey.objects.filter(workspace=workspace.workspace)
    noted = []
    with time_machine.travel("2024-05-31T12:00:00Z", tick=False) as clock:
        for seconds in (0, 60, 1):
            clock.shift(seconds)
            bearer(workspace.secret)
            used = keys.exclude(id=other.pk).get().last_used_at
            assert used is not None
            noted.append(used.strftime("%H:%M:%S"))
    assert noted == ["12:00:00", "12:00:00", "12:01:01"]
    assert keys.get(id=other.pk).last_used_at is None


def test_areas_and_levels_are_those_that_keys_may_name() -> None:
    assert AREAS == ("records", "datatypes", "members", "webhooks")
    assert LEVELS == ("read", "write", "admin")


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
