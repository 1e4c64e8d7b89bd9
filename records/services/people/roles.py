"""What roles may do: their grants on objects, and the switches that take fields away from them."""

from __future__ import annotations

from django.db.models import QuerySet

from records.exceptions import InvalidInput
from records.models import (
    Extent,
    Field,
    FieldPermission,
    Member,
    ObjectPermission,
    ObjectType,
    Role,
)
from records.services.access import Definer, defining
from records.services.catalogue import Grant, check_label, touch

LAST_ADMIN = "last_admin"  # the code of what would leave nobody to change definitions


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
    # After saving, inside the transaction: it looks at the rows as they would be.
    check_an_admin_is_left(row.workspace_id)
    touch(row.workspace_id)
    return row


def _check_name(role: Role) -> None:
    role.name = check_label("name", role.name)
    if len(role.name) > 100:
        raise InvalidInput("at most 100 characters.", "limit_exceeded", at="name")
    if (
        Role.objects.filter(workspace_id=role.workspace_id, name=role.name)
        .exclude(id=role.id)
        .exists()
    ):
        raise InvalidInput(f"a role {role.name!r} already exists.", "unique", at="name")


def check_an_admin_is_left(workspace_id: int) -> None:
    """InvalidInput unless an active member may change the workspace's definitions."""
    if not Member.objects.filter(
        workspace_id=workspace_id, is_active=True, role__is_admin=True
    ).exists():
        raise InvalidInput(
            "A workspace needs at least one active member with an admin role.", LAST_ADMIN
        )


@defining
def set_object_permission(
    author: Definer, role: Role, object_row: ObjectType, grant: Grant
) -> ObjectPermission:
    """Grant a role something on an object, instead of what it had."""
    _check_same_workspace(author, role, object_row, "object")
    for part in ("view", "edit", "remove"):
        if getattr(grant, part) not in Extent.values:
            raise InvalidInput(f"expected one of {', '.join(Extent.values)}.", at=part)
    known = {"workspace_id": author.workspace.id, "role_id": role.id, "object_id": object_row.id}
    row = ObjectPermission.objects.filter(**known).first() or ObjectPermission(**known)
    row.create, row.view, row.edit, row.remove = grant.create, grant.view, grant.edit, grant.remove
    _save(row)
    return row


@defining
def remove_object_permission(author: Definer, role: Role, object_row: ObjectType) -> None:
    """Take from a role everything it may do with an object."""
    _remove(author, ObjectPermission.objects.filter(role=role, object=object_row))


@defining
def set_field_permission(
    author: Definer, role: Role, field_row: Field, *, view: bool, edit: bool
) -> FieldPermission:
    """Switch seeing and changing a field on or off for a role."""
    _check_same_workspace(author, role, field_row, "field")
    known = {"workspace_id": author.workspace.id, "role_id": role.id, "field_id": field_row.id}
    row = FieldPermission.objects.filter(**known).first() or FieldPermission(**known)
    row.view, row.edit = view, edit
    _save(row)
    return row


@defining
def remove_field_permission(author: Definer, role: Role, field_row: Field) -> None:
    """Let the field follow the role's grant on the object again."""
    _remove(author, FieldPermission.objects.filter(role=role, field=field_row))


def _check_same_workspace(
    author: Definer, role: Role, subject: ObjectType | Field, what: str
) -> None:
    """InvalidInput unless the role and what it is to be granted belong to the author's
    workspace."""
    # Interfaces may pass rows found by primary key; another workspace's look like missing ones.
    if {role.workspace_id, subject.workspace_id} != {author.workspace.id}:
        raise InvalidInput(f"there is no such {what}.", "does_not_exist", at=what)


def _save(row: ObjectPermission | FieldPermission) -> None:
    row.save()
    touch(row.workspace_id)


def _remove(author: Definer, rows: QuerySet[ObjectPermission] | QuerySet[FieldPermission]) -> None:
    for row in rows.filter(workspace_id=author.workspace.id):
        row.delete()
    touch(author.workspace.id)
