"""Roles and permission groups, in the permission matrix: names are for everybody, what is granted
for admins, and only they change anything."""

from __future__ import annotations

from . import needs
from .needs import Expected, Operation
from .requests import once
from .world import Target, World

ROLE, GROUP = "role/<a role>", "permission-group/<a role>"
LEVEL = {"custom_object": {"id": "cases"}, "permission_level": 2}


def read_grants(world: World, target: Target) -> Expected:
    return needs.nothing(needs.DONE if world.role.admin else needs.FORBIDDEN)


def refused_to_admins(world: World, target: Target) -> Expected:
    """Its members have nothing else."""
    return needs.nothing(needs.REFUSED if world.role.admin else needs.FORBIDDEN)


ROLES: list[Operation] = [
    once("roles", "role_list", needs.anybody, "GET", "role"),
    once("a role", "role_retrieve", needs.anybody, "GET", ROLE),
    once(
        "a role that is not there",
        "role_retrieve",
        needs.never_there,
        "GET",
        "role/01900000-0000-7000-8000-000000000000",
    ),
    once("make a role", "role_create", needs.define_workspace, "POST", "role", {"name": "New"}),
    once(
        "change a role",
        "role_partial_update",
        needs.define_workspace,
        "PATCH",
        ROLE,
        {"name": "New", "permissions": ["workspace_admin"]},
    ),
    once("delete a role", "role_destroy", needs.define_workspace, "DELETE", ROLE),
    once(
        "delete the admins' role",
        "role_destroy",
        refused_to_admins,
        "DELETE",
        "role/<admins' role>",
    ),
    once("groups", "permission_group_list", needs.anybody, "GET", "permission-group"),
    once("a group", "permission_group_retrieve", read_grants, "GET", GROUP),
    once(
        "make a group",
        "permission_group_create",
        needs.define_workspace,
        "POST",
        "permission-group",
        {"name": "New", "settings_section": {"enabled": True}},
    ),
    once(
        "replace a group",
        "permission_group_update",
        needs.define_workspace,
        "PUT",
        GROUP,
        {"name": "New"},
    ),
    once(
        "change a group",
        "permission_group_partial_update",
        needs.define_workspace,
        "PATCH",
        GROUP,
        {"settings_section": {"enabled": True}},
    ),
    once("delete a group", "permission_group_destroy", needs.define_workspace, "DELETE", GROUP),
    once(
        "duplicate a group",
        "permission_group_duplicate_create",
        needs.define_workspace,
        "POST",
        f"{GROUP}/duplicate",
        {"name": "New"},
    ),
    once(
        "grant a level",
        "permission_group_object_update_partial_update",
        needs.define_workspace,
        "PATCH",
        f"{GROUP}/object-update",
        LEVEL,
    ),
    once(
        "what can be granted",
        "permissions_meta_data_retrieve",
        needs.anybody,
        "GET",
        "permissions/meta-data",
    ),
]
