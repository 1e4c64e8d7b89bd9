"""Workspaces, their members, roles and keys.

`member_details` says what is known of a member, and in which form, `members` changes members,
`member_formulas` says which records tell of them,
`member_search` finds them, `member_roles` are the roles they have, `signup` adds one with records.

Called by: the interfaces and commands. It never lets a workspace lose its last admin.
"""

from records.models import Member, Role

from .clones import clone_data_type
from .grant_history import GrantEvent, grant_history
from .member_details import TAKEN, MemberDetails
from .member_formulas import count_told, follow_ups, recompute_formulas
from .member_roles import (
    default_member_role,
    get_member_role,
    granted_scopes,
    list_member_roles,
)
from .member_search import MemberSearch, get_member_row, search_members
from .members import add_member, archive_member, unarchive_member, update_member
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
    LAST_ADMIN,
    RoleInfo,
    create_role,
    delete_role,
    get_role,
    get_roles,
    list_roles,
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
    "ALL_RECORDS",
    "ASSOCIATED_RECORDS",
    "CONTACTS_SECTION",
    "CONTROLS",
    "CREATE_RECORD",
    "CUSTOM_OBJECTS",
    "LAST_ADMIN",
    "MAX_TYPES",
    "RIGHTS",
    "SWITCHES",
    "TAKEN",
    "GrantChanges",
    "GrantEvent",
    "Member",
    "MemberDetails",
    "MemberSearch",
    "NewWorkspace",
    "ObjectSheet",
    "PermissionGroup",
    "Rights",
    "Role",
    "RoleInfo",
    "SignedUp",
    "Signup",
    "SignupRecord",
    "Switch",
    "WantedField",
    "WantedObject",
    "add_member",
    "all_records",
    "archive_member",
    "associated_records",
    "change_grants",
    "clone_data_type",
    "command_author",
    "count_told",
    "create_api_key",
    "create_permission_group",
    "create_role",
    "create_signup",
    "create_workspace",
    "default_member_role",
    "delete_role",
    "duplicate_permission_group",
    "follow_ups",
    "get_member_role",
    "get_member_row",
    "get_membership",
    "get_permission_group",
    "get_role",
    "get_roles",
    "get_workspace",
    "grant_history",
    "granted_scopes",
    "level_of",
    "list_member_roles",
    "list_memberships",
    "list_roles",
    "list_workspaces",
    "recompute_formulas",
    "reset_password",
    "revoke_api_key",
    "search_members",
    "set_permission_level",
    "unarchive_member",
    "update_member",
    "update_permission_group",
    "update_role",
    "update_workspace",
]
