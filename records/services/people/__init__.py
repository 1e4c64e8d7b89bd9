"""Workspaces, their members, roles and keys.

Called by: the interfaces and commands. It never lets a workspace lose its last admin.
"""

from .members import add_member, update_member
from .permission_groups import (
    CONTACTS_SECTION,
    CUSTOM_OBJECTS,
    SWITCHES,
    PermissionGroup,
    create_permission_group,
    duplicate_permission_group,
    get_permission_group,
    set_permission_level,
    update_permission_group,
)
from .permission_levels import (
    ALL_RECORDS,
    ASSOCIATED_RECORDS,
    CONTROLS,
    CREATE_RECORD,
    RIGHTS,
    Rights,
    Switch,
    all_records,
    associated_records,
    level_of,
)
from .permission_sheets import ObjectSheet, WantedField, WantedObject
from .role_grants import GrantChanges, change_grants
from .roles import (
    RoleInfo,
    create_role,
    default_role,
    delete_role,
    get_role,
    list_roles,
    update_role,
)
from .workspaces import (
    NewWorkspace,
    command_author,
    create_api_key,
    create_workspace,
    get_workspace,
    list_workspaces,
    reset_password,
    revoke_api_key,
    update_workspace,
)

__all__ = [
    "ALL_RECORDS",
    "ASSOCIATED_RECORDS",
    "CONTACTS_SECTION",
    "CONTROLS",
    "CREATE_RECORD",
    "CUSTOM_OBJECTS",
    "RIGHTS",
    "SWITCHES",
    "GrantChanges",
    "NewWorkspace",
    "ObjectSheet",
    "PermissionGroup",
    "Rights",
    "RoleInfo",
    "Switch",
    "WantedField",
    "WantedObject",
    "add_member",
    "all_records",
    "associated_records",
    "change_grants",
    "command_author",
    "create_api_key",
    "create_permission_group",
    "create_role",
    "create_workspace",
    "default_role",
    "delete_role",
    "duplicate_permission_group",
    "get_permission_group",
    "get_role",
    "get_workspace",
    "level_of",
    "list_roles",
    "list_workspaces",
    "reset_password",
    "revoke_api_key",
    "set_permission_level",
    "update_member",
    "update_permission_group",
    "update_role",
    "update_workspace",
]
