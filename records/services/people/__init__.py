"""Workspaces, their members, roles and keys.

`member_details` says what is known of a member, and in which form, `members` changes members,
`member_search` finds them, `member_roles` are the roles they have, `signup` adds one with records.

Called by: the interfaces and commands. It never lets a workspace lose its last admin.
"""

from records.models import Member, Role

from .member_details import TAKEN, MemberDetails
from .member_roles import (
    default_member_role,
    get_member_role,
    granted_scopes,
    list_member_roles,
)
from .member_search import MemberSearch, get_member_row, search_members
from .members import add_member, archive_member, unarchive_member, update_member
from .roles import (
    LAST_ADMIN,
    create_role,
    remove_field_permission,
    remove_object_permission,
    set_field_permission,
    set_object_permission,
    update_role,
)
from .signup import MAX_TYPES, SignedUp, Signup, SignupRecord, create_signup
from .workspaces import (
    NewWorkspace,
    command_author,
    create_api_key,
    create_workspace,
    get_membership,
    get_workspace,
    list_memberships,
    list_workspaces,
    reset_password,
    revoke_api_key,
    update_workspace,
)

__all__ = [
    "LAST_ADMIN",
    "MAX_TYPES",
    "TAKEN",
    "Member",
    "MemberDetails",
    "MemberSearch",
    "NewWorkspace",
    "Role",
    "SignedUp",
    "Signup",
    "SignupRecord",
    "add_member",
    "archive_member",
    "command_author",
    "create_api_key",
    "create_role",
    "create_signup",
    "create_workspace",
    "default_member_role",
    "get_member_role",
    "get_member_row",
    "get_membership",
    "get_workspace",
    "granted_scopes",
    "list_member_roles",
    "list_memberships",
    "list_workspaces",
    "remove_field_permission",
    "remove_object_permission",
    "reset_password",
    "revoke_api_key",
    "search_members",
    "set_field_permission",
    "set_object_permission",
    "unarchive_member",
    "update_member",
    "update_role",
    "update_workspace",
]
