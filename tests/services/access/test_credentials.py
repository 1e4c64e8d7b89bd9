"""Callers behind keys, bearers and log-ins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from pytest_django import Settings

from records.exceptions import (
    NotAllowed,
    NotAuthenticated,
    TooMany,
)
from records.models import ApiKey, Member
from records.services.access.author import Author, Source
from records.services.access.credentials import (
    FOREIGN,
    INVALID_KEY,
    acting_for,
    authenticate_bearer,
    authenticate_key,
    authenticate_user,
    is_workspace,
)
from tests.factories import (
    Caller,
    make_key,
    make_member,
    make_workspace,
)
from tests.services.acting import (
    cost,
    refusal,
)

NOTHING = ("none", "own", "all")


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


def keyed(caller: Caller, *scopes: str) -> Author:
    """The author behind a key of the caller's with these scopes."""
    secret = make_key(caller.workspace, caller.member, scopes=list(scopes))[1]
    return authenticate_bearer(secret, Source.WORKSPACE_API, "the-request")


@pytest.mark.parametrize("scopes", [(), ("members:admin",), ("records:read", "members:admin")])
def test_an_admins_key_acts_for_a_member_with_their_role(
    workspace: Caller, scopes: tuple[str, ...]
) -> None:
    colleague = make_member(workspace, "m@example.com", {"contacts": {"view": "own"}})
    author = keyed(workspace, *scopes)

    acting = acting_for(author, UUID(str(colleague.member.uuid)))

    assert (acting.member, acting.role) == (colleague.author.member, colleague.author.role)
    assert not acting.may_define
    assert (acting.api_key_id, acting.scopes) == (author.api_key_id, scopes)
    assert (acting.workspace, acting.request_id) == (workspace.author.workspace, "the-request")


def test_nobody_else_acts_for_a_member(workspace: Caller) -> None:
    colleague = make_member(workspace, "m@example.com")
    gone = make_member(workspace, "gone@example.com")
    Member.objects.filter(workspace=workspace.workspace, id=gone.member.pk).update(is_active=False)
    foreign = make_workspace("Other", "other@example.com")
    no_key = "Only API keys act for other members."
    no_scope = "The API key lacks the scope members:admin; use a key that has it."
    no_admin = "Only keys of workspace admins act for other members."
    no_member = "The workspace has no such active member to act for."
    refused = (
        (workspace.author, colleague, no_key),
        (keyed(workspace, "members:write"), colleague, no_scope),
        (keyed(workspace, "records:admin"), colleague, no_scope),
        (keyed(colleague, "members:write"), workspace, no_scope),
        (keyed(colleague), workspace, no_admin),
        (keyed(colleague, "members:admin"), workspace, no_admin),
        (keyed(workspace), foreign, no_member),
        (keyed(workspace), gone, no_member),
    )
    for author, named, detail in refused:
        error = refusal(acting_for, author, UUID(str(named.member.uuid)))
        assert (type(error), error.code, error.detail) == (
            NotAllowed,
            "permission_required",
            detail,
        )


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
