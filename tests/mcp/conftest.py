"""What the tests of the MCP server share."""

from __future__ import annotations

import pytest

from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object, make_relation

from .calling import LEGACY, MODERN, Agent


@pytest.fixture
def base(workspace: Caller) -> Caller:
    """A base with companies and the people who work there, as its admin."""
    sizes = [OptionDefinition("Small"), OptionDefinition("Large")]
    make_object(
        workspace,
        "Companies",
        FieldDefinition("City", "text"),
        FieldDefinition("Size", "dropdown", options=sizes),
        FieldDefinition("Labels", "dynamictags"),
        FieldDefinition("Revenue", "money"),
        FieldDefinition("Customer", "checkbox"),
        FieldDefinition("Founded", "date"),
        FieldDefinition("Note", "longtext"),
        FieldDefinition("Extra", "json"),
        FieldDefinition("Code", "text", is_unique=True),
        description="Whom we sell to.",
    )
    make_object(workspace, "People")
    make_relation(workspace, "people", "Employer", "companies", "primary", "Staff")
    return workspace


@pytest.fixture
def agent(base: Caller) -> Agent:
    """A program of the admin's."""
    return Agent(base)


@pytest.fixture(params=[LEGACY, MODERN])
def either(request: pytest.FixtureRequest, base: Caller) -> Agent:
    """The same in both eras of the protocol."""
    return Agent(base, request.param)
