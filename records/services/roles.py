"""What roles may do: their grants on objects, and the switches that take fields away from them."""

from __future__ import annotations

from records.exceptions import InvalidInput
from records.models import Extent, Field, FieldPermission, Member, ObjectPermission, ObjectType, Role

from .definers import Definer, defining
from .definition_versions import touch
from .definitions import check_label
from .directory import Grant


@defining
def create_role(author: Definer, name: str, *, is_admin: bool = False) -> Role:
    """Make a role, which may do nothing yet unless it is an admin's."""
    role = Role(workspace_id=author.workspace.id, name=name, is_admin=is_admin)
    _check_name(role)
    role.save()
    touch(role.workspace_id)
    return role


@defining
def update_role(author: Definer, role: Role, *, name: str, is_admin: bool) -> Role:
    """Change a role; InvalidInput when the workspace would be left without an active admin."""
    row = Role.objects.select_for_update().get(workspace_id=author.workspace.id, id=role.id)
    row.name, row.is_admin = name, is_admin
    _check_name(row)
    row.save()
    check_an_admin_is_left(row.workspace_id)
    touch(row.workspace_id)
    return row


def _check_name(role: Role) -> None:
    role.name = check_label("name", role.name)
    if len(role.name) > 100:
        raise InvalidInput("name: at most 100 characters.", "limit_exceeded")
    if Role.objects.filter(workspace_id=role.workspace_id, name=role.name).exclude(id=role.id).exists():
        raise InvalidInput(f"name: there is a role {role.name!r} already.", "unique")


def check_an_admin_is_left(workspace_id: int) -> None:
    """InvalidInput unless somebody who is active may change the workspace's definitions."""
    if not Member.objects.filter(workspace_id=workspace_id, is_active=True, role__is_admin=True).exists():
        raise InvalidInput("A workspace needs at least one active member whose role is an admin's.")


@defining
def set_object_permission(author: Definer, role: Role, object_row: ObjectType, grant: Grant) -> ObjectPermission:
    """Grant a role something on an object, instead of what it had."""
    if role.workspace_id != author.workspace.id or object_row.workspace_id != author.workspace.id:
        raise InvalidInput("object: there is no such object.", "does_not_exist")
    for part in ("view", "edit", "remove"):
        if getattr(grant, part) not in Extent.values:
            raise InvalidInput(f"{part}: expected one of {', '.join(Extent.values)}.")
    known = {"workspace_id": author.workspace.id, "role_id": role.id, "object_id": object_row.id}
    row = ObjectPermission.objects.filter(**known).first() or ObjectPermission(**known)
    row.create, row.view, row.edit, row.remove = grant.create, grant.view, grant.edit, grant.remove
    row.save()
    touch(row.workspace_id)
    return row


@defining
def remove_object_permission(author: Definer, role: Role, object_row: ObjectType) -> None:
    """Take from a role everything it may do with an object."""
    rows = ObjectPermission.objects.filter(workspace_id=author.workspace.id, role=role, object=object_row)
    for row in rows:
        row.delete()
    touch(author.workspace.id)


@defining
def set_field_permission(author: Definer, role: Role, field_row: Field, *, view: bool, edit: bool) -> FieldPermission:
    """Switch seeing and changing a field on or off for a role."""
    if role.workspace_id != author.workspace.id or field_row.workspace_id != author.workspace.id:
        raise InvalidInput("field: there is no such field.", "does_not_exist")
    known = {"workspace_id": author.workspace.id, "role_id": role.id, "field_id": field_row.id}
    row = FieldPermission.objects.filter(**known).first() or FieldPermission(**known)
    row.view, row.edit = view, edit
    row.save()
    touch(row.workspace_id)
    return row


@defining
def remove_field_permission(author: Definer, role: Role, field_row: Field) -> None:
    """Let the field follow the role's grant on the object again."""
    rows = FieldPermission.objects.filter(workspace_id=author.workspace.id, role=role, field=field_row)
    for row in rows:
        row.delete()
    touch(author.workspace.id)
