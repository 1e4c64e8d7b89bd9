"""Companies, and members who look at them."""

from __future__ import annotations

import pytest

from tests.factories import (
    Caller,
    FieldDefinition,
    make_member,
    make_object,
    make_relation,
)


@pytest.fixture
def shop(workspace: Caller) -> Caller:
    """The admin of a workspace with companies of people."""
    make_object(workspace, "People", FieldDefinition("Salary", "integer"))
    make_object(
        workspace,
        "Companies",
        FieldDefinition("Employees", "integer"),
        FieldDefinition("Note", "longtext", category="Notes"),
    )
    make_relation(workspace, "companies", "Boss", "people", "primary", "Boss of")
    return workspace


@pytest.fixture
def ada(shop: Caller) -> Caller:
    """A member who sees everything."""
    grants = {"companies": {"view": "all"}, "people": {"view": "all"}}
    return make_member(shop, "ada@example.com", grants)


@pytest.fixture
def bob(shop: Caller) -> Caller:
    """A member who sees neither employees nor salaries."""
    return make_member(
        shop,
        "bob@example.com",
        {"companies": {"view": "own"}, "people": {"view": "all"}},
        hidden=[("companies", "employees"), ("people", "salary")],
    )
