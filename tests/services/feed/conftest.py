"""A workspace whose records have an owner, a tester and a secret, and a member who sees their own."""

from __future__ import annotations

import pytest

from tests.factories import Caller, FieldDefinition, make_member, make_object


@pytest.fixture
def cases(workspace: Caller) -> Caller:
    """The admin of a workspace with cases and vaults."""
    make_object(
        workspace,
        "Cases",
        FieldDefinition("Note", "text"),
        FieldDefinition("Secret", "text"),
        FieldDefinition("Tester", "team_selector"),
        FieldDefinition("Tags", "dynamictags"),
    )
    make_object(workspace, "Vaults", FieldDefinition("Note", "text"))
    return workspace


@pytest.fixture
def owner(cases: Caller) -> Caller:
    """A member who sees their own cases, without the secret."""
    grants = {"cases": {"create": True, "view": "own", "edit": "own", "remove": "own"}}
    return make_member(cases, "owner@example.com", grants, hidden=[("cases", "secret")])


@pytest.fixture
def reader(cases: Caller) -> Caller:
    """A member who sees all cases, without the secret."""
    return make_member(
        cases, "reader@example.com", {"cases": {"view": "all"}}, hidden=[("cases", "secret")]
    )
