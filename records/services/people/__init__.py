"""Workspaces, their members, roles and keys.

Called by: the interfaces and commands. It never lets a workspace lose its last admin.
"""

from .members import add_member, update_member
from .roles import (
    create_role,
    remove_field_permission,
    remove_object_permission,
    set_field_permission,
    set_object_permission,
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
    "NewWorkspace",
    "add_member",
    "command_author",
    "create_api_key",
    "create_role",
    "create_workspace",
    "get_workspace",
    "list_workspaces",
    "remove_field_permission",
    "remove_object_permission",
    "reset_password",
    "revoke_api_key",
    "set_field_permission",
    "set_object_permission",
    "update_member",
    "update_role",
    "update_workspace",
]
