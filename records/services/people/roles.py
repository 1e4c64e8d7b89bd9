"""Roles: their names, who has them, and which of them a new member gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from django.db.models import Count, QuerySet

from records.exceptions import InvalidInput, NotFound, quoted
from records.models import Member, Role
from records.services.access import Definer, defining
from records.services.catalogue import check_label, identifier_key, taken_name, touch
from records.services.database import canonical_uuid

from .permission_sheets import ObjectSheet, changes_to, list_granted, merged, sheets_of
from .role_grants import RoleGrants, read_grants, write_grants


@dataclass(frozen=True, slots=True)
class RoleInfo:
    """A role as lists show it."""

    id: int
    uuid: str
    name: str
    is_admin: bool
    is_default: bool
    member_count: int


class RoleChanges(TypedDict, total=False):
    """What may change of a role. `groups`: UUIDs of roles whose grants it takes over, the widest
    ones, instead of its own."""

    name: str
    is_admin: bool
    is_default: bool
    groups: Sequence[str]


def list_roles(author: Definer, search: str = "") -> list[RoleInfo]:
    """The roles with this text in their names, by name."""
    sought = identifier_key(search)
    # Not compared by the database: engines fold case differently, and a workspace has few roles.
    found = [info for info in map(_info, _rows(author)) if sought in identifier_key(info.name)]
    return sorted(found, key=lambda info: (identifier_key(info.name), info.id))


def get_role(author: Definer, role_uuid: str) -> RoleInfo:
    """A role by UUID; NotFound when the workspace does not have it."""
    key = canonical_uuid(role_uuid)
    row = _rows(author).filter(uuid=key).first() if key else None
    if row is None:
        raise NotFound
    return _info(row)


def _rows(author: Definer) -> QuerySet[Role]:
    rows: QuerySet[Role] = Role.objects.filter(workspace_id=author.workspace.id)
    return rows.annotate(member_count=Count("members"))


def _info(row: Role) -> RoleInfo:
    count: int = row.member_count  # type: ignore[attr-defined]
    return RoleInfo(row.pk, str(row.uuid), row.name, row.is_admin, row.is_default, count)


LAST_ADMIN = "last_admin"  # the code of what would leave nobody to change definitions


@defining
def create_role(author: Definer, name: str, /, **more: Unpack[RoleChanges]) -> Role:
    """Make a role, which may do nothing yet unless it is an admin's or takes grants over."""
    role = Role(workspace_id=author.workspace.id)
    changes: RoleChanges = {**more, "name": name}
    change_role(author, role, **changes)
    return role


def get_roles(
    author: Definer, uuids: Sequence[object], *at: str | int, what: str = "role"
) -> list[Role]:
    """Roles in this order; InvalidInput says which of the list in `at` does not exist, in words of
    a face that calls them otherwise."""
    keys = [canonical_uuid(sent) for sent in uuids]
    wanted = {key for key in keys if key}
    rows = Role.objects.filter(workspace_id=author.workspace.id, uuid__in=wanted)
    known = {str(row.uuid): row for row in rows} if wanted else {}
    for place, key in enumerate(keys):
        if key not in known:
            message = f"there is no {what} {quoted(str(uuids[place]))}."
            raise InvalidInput(message, "does_not_exist", at=(*at, place))
    return [known[key] for key in keys]


@defining
def update_role(author: Definer, role_id: int, **changes: Unpack[RoleChanges]) -> Role:
    """Change a role; InvalidInput when the workspace would be left without an active admin."""
    row = Role.objects.select_for_update().get(workspace_id=author.workspace.id, id=role_id)
    change_role(author, row, **changes)
    return row


def change_role(author: Definer, row: Role, **changes: Unpack[RoleChanges]) -> None:
    """Change a role, or store a new one, in a change of definitions; what stays leaves no
    history."""
    groups = changes.get("groups")
    sheets: Sequence[ObjectSheet] = ()
    is_admin = changes.get("is_admin", row.is_admin)
    if groups is not None:
        sheets, of_admins = _taken_over(author, groups)
        # The wider of the named groups wins in this as well, unless the call decides it.
        is_admin = changes.get("is_admin", of_admins)
    wanted = (
        changes.get("name", row.name),
        is_admin,
        changes.get("is_default", row.is_default),
    )
    if row.pk is None or wanted != (row.name, row.is_admin, row.is_default):
        row.name, row.is_admin, row.is_default = wanted
        _store(row)
    if groups is not None and not row.is_admin:
        stored = read_grants(row.workspace_id, [row.pk])[row.pk]
        write_grants(author, row.pk, changes_to(stored, sheets))


def _store(row: Role) -> None:
    _check_name(row)
    if row.is_default:
        _make_room(row)
    row.save()
    # After saving, inside the transaction: it looks at the rows as they would be.
    check_an_admin_is_left(row.workspace_id)
    touch(row.workspace_id)


def _make_room(row: Role) -> None:
    """The workspace has one default role: this one, from now on."""
    for other in Role.objects.filter(workspace_id=row.workspace_id, is_default=True):
        if other.pk != row.pk:
            other.is_default = False
            other.save()


def _taken_over(author: Definer, groups: Sequence[str]) -> tuple[list[ObjectSheet], bool]:
    """What any of these roles may do, and whether one of them is an admin's."""
    workspace_id = author.workspace.id
    rows = get_roles(author, groups, "permission_groups", what="permission group")
    objects = list_granted(workspace_id)
    stored = read_grants(workspace_id, [row.pk for row in rows])
    several = [sheets_of(objects, stored[row.pk], is_admin=row.is_admin) for row in rows]
    # Of no roles, too, something is taken over: that nothing is granted.
    several.append(sheets_of(objects, RoleGrants(), is_admin=False))
    return merged(several), any(row.is_admin for row in rows)


def _check_name(role: Role) -> None:
    role.name = check_label("name", role.name)
    if len(role.name) > 100:
        raise InvalidInput("at most 100 characters.", "limit_exceeded", at="name")
    names = dict(Role.objects.filter(workspace_id=role.workspace_id).values_list("id", "name"))
    taken = taken_name(role.name, names, role.pk)
    if taken is not None:
        raise InvalidInput(f"a role {taken!r} already exists.", "unique", at="name")


def check_an_admin_is_left(workspace_id: int) -> None:
    """InvalidInput unless an active member may change the workspace's definitions."""
    if not Member.objects.filter(
        workspace_id=workspace_id, is_active=True, role__is_admin=True
    ).exists():
        raise InvalidInput(
            "A workspace needs at least one active member with an admin role.", LAST_ADMIN
        )


@defining
def delete_role(author: Definer, role_id: int) -> None:
    """Delete a role that nobody has, with its grants; InvalidInput for one with members, inactive
    ones included, and for the last role of admins."""
    workspace_id = author.workspace.id
    row = Role.objects.select_for_update().get(workspace_id=workspace_id, id=role_id)
    members = Member.objects.filter(workspace_id=workspace_id, role_id=role_id).count()
    if members:
        raise InvalidInput(
            f"{members} {'member has' if members == 1 else 'members have'} this role, inactive ones"
            " included: give them another one first."
        )
    others = Role.objects.filter(workspace_id=workspace_id, is_admin=True).exclude(id=role_id)
    if row.is_admin and not others.exists():
        raise InvalidInput("It is the last role of admins: a workspace needs one.")
    row.delete()
    touch(workspace_id)
