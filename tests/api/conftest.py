"""Objects and records that the tests of the APIs work with."""

from __future__ import annotations

import pytest

from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_object,
    make_record,
    make_workspace,
)


@pytest.fixture
def companies(workspace: Caller) -> str:
    """The path of an object with a field of several kinds."""
    make_object(
        workspace,
        "Companies",
        FieldDefinition(
            "Industry", "dropdown", options=(OptionDefinition("Air"), OptionDefinition("Sea"))
        ),
        FieldDefinition("Employees", "integer"),
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition("Note", "longtext", category="Notes"),
        FieldDefinition("Secret", "text", is_hidden=True),
    )
    return "/api/records/companies"


@pytest.fixture
def deals(workspace: Caller) -> str:
    """The path of a pipeline object."""
    make_object(workspace, "Deals", object_type="pipeline")
    return "/api/records/deals"


@pytest.fixture
def company(workspace: Caller, companies: str) -> str:
    """The path of a record."""
    made = make_record(
        workspace, "companies", name="Acme", employees=7, industry={"name": "Air"}, secret="hush"
    )
    return f"{companies}/{made.record.uuid}"


@pytest.fixture
def elsewhere(workspace: Caller) -> Caller:
    """Another workspace, with its own admin."""
    return make_workspace("Another workspace", "other@example.com")
