"""Signing up in the core: one operation, or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from records.exceptions import ExternalConfig, NotAllowed
from records.models import Member, Record
from records.services.external.sources import create_source
from records.services.people.signup import Signup, SignupRecord, create_signup
from records.services.shaping.creation import get_object
from tests.factories import Caller, make_member, make_object
from tests.services.acting import differences, refusal

BOB = Signup({"email": "bob@example.com"}, records={"things": SignupRecord({"name": "A"})})


def known(caller: Caller) -> bool:
    rows = Member.objects.filter(workspace=caller.workspace, email="bob@example.com")
    return rows.exists()


def test_everything_belongs_to_the_member_and_to_one_operation(workspace: Caller) -> None:
    make_object(workspace, "Things")
    author = workspace.author

    done = create_signup(author, BOB)

    assert done.was_created
    row = Record.objects.get(id=done.records["things"].record.id)
    assert row.member_id == done.member.pk
    assert row.history.get().operation_id == author.operation_id
    assert done.member.history.get().history_user_id == workspace.member.user_id
    assert differences(workspace) == []


@pytest.mark.parametrize("scopes", [("members:admin",), ("records:admin",)])
def test_it_takes_both_scopes_and_an_admin(workspace: Caller, scopes: tuple[str, ...]) -> None:
    make_object(workspace, "Things")
    other = make_member(workspace, "other@example.com", {"things": {"create": True}})
    author = replace(workspace.author, api_key_id=1, scopes=scopes)

    for caller in (author, other.author):
        assert isinstance(refusal(create_signup, caller, BOB), NotAllowed)
    assert not known(workspace)


def test_records_that_live_elsewhere_are_not_signed_up_with(workspace: Caller) -> None:
    make_object(workspace, "Things")
    create_source(
        workspace.author,
        get_object(workspace.author, "things"),
        name="Elsewhere",
        base_url="https://upstream.example.com",
        operations={"get": {"method": "GET", "path": "/things/{external_id}"}},
        mapping={"name": "title"},
    )

    assert isinstance(refusal(create_signup, workspace.author, BOB), ExternalConfig)
    assert not known(workspace)
