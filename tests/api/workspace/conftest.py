"""Data types and records that the tests of the Workspace API work with."""

from __future__ import annotations

import pytest

from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object, make_workspace

from .calling import WorkspaceClient, ok


@pytest.fixture
def client(workspace: Caller) -> WorkspaceClient:
    """The Workspace API, called by the workspace's admin."""
    return WorkspaceClient(workspace)


@pytest.fixture
def elsewhere(workspace: Caller) -> Caller:
    """Another workspace, with its own admin."""
    return make_workspace("Another workspace", "other@example.com")


@pytest.fixture
def visits(workspace: Caller) -> str:
    """The path of a data type's records, with fields of several kinds."""
    make_object(
        workspace,
        "Visits",
        FieldDefinition("Reason", "text"),
        FieldDefinition(
            "Kind", "dropdown", options=(OptionDefinition("First"), OptionDefinition("Follow-up"))
        ),
        FieldDefinition(
            "Topics", "checkboxes", options=(OptionDefinition("Sleep"), OptionDefinition("Diet"))
        ),
        FieldDefinition("Score", "decimal"),
        FieldDefinition("Steps", "integer"),
        FieldDefinition("Paid", "checkbox"),
        FieldDefinition("Day", "date"),
        FieldDefinition("At", "time"),
        FieldDefinition("Zip", "zip_code"),
        FieldDefinition("Advisor", "team_selector"),
        FieldDefinition("Note", "longtext"),
        identifier_field=None,
    )
    return f"/data-types/{workspace.schema('visits').id}/records"


@pytest.fixture
def visit(client: WorkspaceClient, visits: str) -> str:
    """The path of a record."""
    values = {
        "reason": "Check-up",
        "kind": "First",
        "topics": ["Diet"],
        "score": 7.5,
        "steps": 9000,
    }
    made = ok(client.post(visits, {"fieldValues": values}), 201)
    return f"{visits}/{made['id']}"
