"""A workspace with two workbenches: of its admin, who is no operator, and of the operator of the
installation."""

from __future__ import annotations

import pytest

from tests.admin.pages import Workbench
from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object, make_workspace


@pytest.fixture
def operator(workspace: Caller) -> Workbench:
    """The first user of the installation, who is a superuser; their own workspace is another
    one."""
    assert workspace.member.user.is_superuser
    return Workbench(workspace)


@pytest.fixture
def admin(operator: Workbench) -> Workbench:
    """The admin of a second workspace."""
    return Workbench(
        make_workspace("Northern Freight", "northern@example.com", time_zone="Europe/Paris")
    )


@pytest.fixture
def elsewhere(admin: Workbench) -> Caller:
    """A third workspace."""
    return make_workspace("Another workspace", "other@example.com")


@pytest.fixture
def companies(admin: Workbench) -> str:
    """The address of the records of an object with fields of many kinds."""
    made = make_object(
        admin.caller,
        "Companies",
        FieldDefinition(
            "Industry", "dropdown", options=(OptionDefinition("Air"), OptionDefinition("Sea"))
        ),
        FieldDefinition("Employees", "integer"),
        FieldDefinition("Revenue", "money"),
        FieldDefinition("Certified", "checkbox"),
        FieldDefinition("Founded", "date"),
        FieldDefinition("Audited", "datetime"),
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition(
            "Services",
            "checkboxes",
            options=(OptionDefinition("Storage"), OptionDefinition("Customs")),
        ),
        FieldDefinition("Note", "longtext", category="Notes", description="What one should know."),
        FieldDefinition("About", "wysiwyg", category="Notes"),
    )
    return f"/admin/records/objects/{made.uuid}/"
