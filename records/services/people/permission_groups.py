"""Permission groups: what a role may do, object by object and field by field, as one thing that is
read and changed. Each role is one group, under its own UUID and name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from records.exceptions import InvalidInput, NotAllowed
from records.models import Role
from records.services.access import Definer, defining

from .permission_levels import (
    ALL_RECORDS,
    CONTROLS,
    OPEN,
    check_level,
    follows,
    switch_at,
    with_level,
)
from .permission_sheets import (
    ObjectSheet,
    WantedObject,
    allows_everything,
    changes_to,
    find_granted,
    find_switched,
    list_granted,
    sheets_of,
    wanted_sheets,
)
from .role_grants import GrantChanges, RoleGrants, read_grants, write_grants
from .roles import RoleInfo, change_role, get_role

CUSTOM_OBJECTS, CONTACTS_SECTION = "custom_objects", "contacts_section"
SWITCHES = "fields"  # the control that all fields of an object are
EVERYTHING_GRANTED = "an admin's role may do everything: send settings_section.enabled as false."


@dataclass(frozen=True, slots=True)
class PermissionGroup:
    """A role, and what it may do with each object."""

    role: RoleInfo
    sheets: Sequence[ObjectSheet]


class GroupChanges(TypedDict, total=False):
    """What may change of a group. A section is replaced as a whole: what it does not name is
    granted no longer."""

    name: str
    is_admin: bool
    custom_objects: Sequence[WantedObject]
    contacts: WantedObject


def get_permission_group(author: Definer, role_uuid: str) -> PermissionGroup:
    """What a role may do, for admins; NotFound when there is no such role. The number of statements
    does not grow with objects and fields."""
    role = get_role(author, role_uuid)
    if not author.may_define:
        raise NotAllowed("Only workspace admins may read what roles are granted.")
    stored = read_grants(author.workspace.id, [role.id])[role.id]
    objects = list_granted(author.workspace.id)
    return PermissionGroup(role, sheets_of(objects, stored, is_admin=role.is_admin))


@defining
def create_permission_group(author: Definer, name: str, /, **changes: Unpack[GroupChanges]) -> Role:
    """Make a role that may do what is said of it, and nothing else."""
    row = Role(workspace_id=author.workspace.id)
    _change(author, row, {**changes, "name": name})
    return row


@defining
def update_permission_group(author: Definer, role_id: int, **changes: Unpack[GroupChanges]) -> None:
    """Change what a role may do; nothing is stored of what is as it was."""
    _change(author, _locked(author, role_id), changes)


@defining
def duplicate_permission_group(author: Definer, role_id: int, name: str) -> Role:
    """Make a role that may do what another may, archived objects included."""
    workspace_id = author.workspace.id
    source = _locked(author, role_id)
    row = Role(workspace_id=workspace_id)
    change_role(author, row, name=name, is_admin=source.is_admin)
    stored = read_grants(workspace_id, [role_id])[role_id]
    write_grants(author, row.pk, GrantChanges(stored.objects, stored.switches))
    return row


@defining
def set_permission_level(
    author: Definer,
    role_id: int,
    object_key: str,
    level: int,
    *,
    field_key: str | None = None,
    control: str | None = None,
) -> None:
    """Put one control of an object at a level from 0 to 3, and those that depend on it; or one of
    its fields. Without a `control`: the rights over all records."""
    check_level(level)
    known = (SWITCHES,) if field_key is not None else CONTROLS
    if control is not None and control not in known:
        raise InvalidInput(f"expected one of {', '.join(known)}.", at="key")
    row, objects = _locked(author, role_id), list_granted(author.workspace.id)
    found = find_granted(objects, object_key, ("custom_object", "id"))
    stored = _stored(author, row)
    (sheet,) = sheets_of([found], stored, is_admin=row.is_admin)
    if field_key is not None:
        switched = find_switched(found, field_key, ("field", "id")).id
        switch = switch_at(level)
        wanted = ObjectSheet(found, sheet.grant, {switched: switch})
        # Kept even where the object allows no more: it must hold when the object is raised.
        is_open = switch == OPEN == follows(sheet.grant)
        changes = GrantChanges(switches={switched: None if is_open else switch})
    else:
        grant = with_level(sheet.grant, control or ALL_RECORDS, level)
        wanted = ObjectSheet(found, grant, {})  # fields with a switch keep it, others follow
        changes = changes_to(stored, [wanted])
    if not row.is_admin:
        write_grants(author, row.pk, changes)
    elif not allows_everything(wanted):
        raise InvalidInput(EVERYTHING_GRANTED, at="permission_level")


def _locked(author: Definer, role_id: int) -> Role:
    return Role.objects.select_for_update().get(workspace_id=author.workspace.id, id=role_id)


def _stored(author: Definer, row: Role) -> RoleGrants:
    return read_grants(author.workspace.id, [row.pk])[row.pk]


def _change(author: Definer, row: Role, changes: GroupChanges) -> None:
    sheets = _sheets(author, changes)
    change_role(
        author,
        row,
        name=changes.get("name", row.name),
        is_admin=changes.get("is_admin", row.is_admin),
    )
    if not row.is_admin:
        write_grants(author, row.pk, changes_to(_stored(author, row), sheets))
    elif "is_admin" not in changes and not all(map(allows_everything, sheets)):
        raise InvalidInput(EVERYTHING_GRANTED)


def _sheets(author: Definer, changes: GroupChanges) -> list[ObjectSheet]:
    """What the sections that are sent say, of all the objects that they are about."""
    objects = list_granted(author.workspace.id)
    sheets: list[ObjectSheet] = []
    if "custom_objects" in changes:
        custom = [each for each in objects if not each.is_contacts]
        sheets += wanted_sheets(custom, changes["custom_objects"])
    if "contacts" in changes:
        contacts = [each for each in objects if each.is_contacts]
        sheets += wanted_sheets(contacts, [changes["contacts"]])
    return sheets
