"""Who may change definitions, and what every change of them has in common."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from simple_history.models import HistoricalRecords

from records.exceptions import InvalidInput, NotAllowed, NotFound
from records.models import ObjectType
from records.services.access.definition_access import (
    Definer,
    defining,
    operator_of,
    signed_by,
)
from tests.factories import Caller, make_member, make_object, make_workspace


@defining
def rename(author: Definer, object_id: int, name: str, error: Exception | None = None) -> str:
    """A change of definitions that may be refused after it has stored something."""
    row = ObjectType.objects.get(workspace_id=author.workspace.id, id=object_id)
    row.object_name = name
    row.save()
    if error is not None:
        raise error
    return row.object_name


@pytest.fixture
def things(workspace: Caller) -> ObjectType:
    return make_object(workspace, "Things")


def name_of(row: ObjectType) -> str:
    return ObjectType.objects.get(workspace_id=row.workspace_id, id=row.pk).object_name


def signer(row: ObjectType) -> int | None:
    newest = ObjectType.history.filter(workspace_id=row.workspace_id, id=row.pk).latest()
    user: int | None = newest.history_user_id
    return user


def test_an_admin_and_an_operator_sign_what_they_change(
    workspace: Caller, things: ObjectType
) -> None:
    operator = make_workspace("Other", "other@example.com").member.user_id
    assert rename(workspace.author, things.pk, "Ours") == "Ours"
    assert signer(things) == workspace.member.user_id
    assert rename(operator_of(workspace.workspace.id, operator), things.pk, "Theirs") == "Theirs"
    assert signer(things) == operator


@pytest.mark.parametrize(("given", "kept"), [("spring clean", "spring clean"), ("", None)])
def test_a_change_is_kept_with_its_reason(
    workspace: Caller, things: ObjectType, given: str, kept: str | None
) -> None:
    rename(replace(workspace.author, reason=given), things.pk, "Ours")
    newest = ObjectType.history.filter(workspace_id=things.workspace_id, id=things.pk).latest()
    assert (newest.history_change_reason or None) == kept


def test_a_member_who_is_no_admin_changes_nothing(workspace: Caller, things: ObjectType) -> None:
    member = make_member(workspace, "m@example.com", {"things": {"view": "all", "edit": "all"}})
    with pytest.raises(NotAllowed):
        rename(member.author, things.pk, "Mine")
    assert name_of(things) == "Things"


REFUSED: dict[str, tuple[Exception, type[Exception]]] = {
    "a refusal": (InvalidInput("No."), InvalidInput),
    "a row that is gone": (ObjectDoesNotExist(), NotFound),
}


@pytest.mark.parametrize(("error", "raised"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_change_leaves_nothing(
    workspace: Caller, things: ObjectType, error: Exception, raised: type[Exception]
) -> None:
    with pytest.raises(raised):
        rename(workspace.author, things.pk, "Half", error)
    assert name_of(things) == "Things"


def test_an_object_of_another_workspace_is_not_found(workspace: Caller, things: ObjectType) -> None:
    other = make_workspace("Other", "other@example.com")
    with pytest.raises(NotFound):
        rename(other.author, things.pk, "Theirs")


def test_a_change_holds_the_definitions_before_it_reads_anything(
    workspace: Caller, things: ObjectType
) -> None:
    seen: list[str] = []

    def watch(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        seen.append(sql)
        return execute(sql, params, many, context)

    author = workspace.author
    with connection.execute_wrapper(watch):
        rename(author, things.pk, "Ours")
    tables = [sql for sql in seen if "FROM" in sql or "UPDATE" in sql]
    assert "records_workspace" in tables[0]
    assert 'WHERE "records_workspace"."id" = ' in tables[0]  # of this workspace alone
    if connection.vendor == "postgresql":
        assert tables[0].endswith("FOR NO KEY UPDATE")


def test_signing_ends_with_the_block(workspace: Caller, things: ObjectType) -> None:
    outer, inner = workspace.member.user_id, make_member(workspace, "m@example.com").member.user_id
    context = HistoricalRecords.context
    with signed_by(outer):
        with suppress(InvalidInput), signed_by(inner):
            assert context.request.user.pk == inner
            raise InvalidInput("No.")
        assert context.request.user.pk == outer
    assert not hasattr(context, "request")
