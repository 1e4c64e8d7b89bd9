"""What roles may do with a copy of a data type."""

from __future__ import annotations

from records.models import FieldPermission, ObjectPermission
from records.services.people.clones import clone_data_type
from tests.factories import Caller, FieldDefinition, make_member, make_object


def test_grants_and_switches_are_copied_for_every_role(workspace: Caller) -> None:
    make_object(
        workspace, "Boats", FieldDefinition("Port", "text"), FieldDefinition("Hull", "text")
    )
    make_object(workspace, "Ports")
    make_member(
        workspace,
        "a@example.com",
        {"boats": {"create": True, "view": "own"}, "ports": {"view": "all"}},
        hidden=[("boats", "port")],
    )
    make_member(workspace, "b@example.com", {"ports": {"view": "all"}}, locked=[("boats", "hull")])
    grants = ObjectPermission.objects.filter(workspace=workspace.workspace)
    switches = FieldPermission.objects.filter(workspace=workspace.workspace)
    before = grants.count(), switches.count()

    made = clone_data_type(workspace.author, workspace.schema("boats").id, "Rafts")

    (grant,) = grants.select_related("role").filter(object_id=made)
    assert (grant.role.name, grant.create, grant.view, grant.edit) == (
        *("a@example.com", True),
        *("own", "none"),
    )
    copied = switches.select_related("role", "field").filter(field__object_id=made)
    assert {(row.role.name, row.field.name, row.view, row.edit) for row in copied} == {
        ("a@example.com", "port", False, True),
        ("b@example.com", "hull", True, False),
    }
    assert (grants.count(), switches.count()) == (before[0] + 1, before[1] + 2)
