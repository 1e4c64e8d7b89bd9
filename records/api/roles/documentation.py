"""What the OpenAPI document says of each operation on roles and permission groups."""

from __future__ import annotations

from typing import Any

from records.api.openapi import (
    Decorator,
    json_body,
    operation,
    page_parameters,
    path_parameter,
    query_parameter,
    ref,
)

from .schemas import STRING, UUID

_LIST = [query_parameter("search", STRING, "Part of a name."), *page_parameters()]
_ROLE, _GROUP = path_parameter("role_id", UUID), path_parameter("group_id", UUID)
_ROLE_DETAIL, _GROUP_DETAIL = ref("RoleDetail"), ref("PermissionGroupDetail")


def _roles(
    name: str, summary: str, parameters: list[Any], responses: dict[Any, Any], **more: Any
) -> Decorator:
    return operation(f"role_{name}", "roles", summary, parameters, responses, **more)


def _groups(
    name: str, summary: str, parameters: list[Any], responses: dict[Any, Any], **more: Any
) -> Decorator:
    return operation(f"permission_group_{name}", "roles", summary, parameters, responses, **more)


list_roles = _roles("list", "The roles", _LIST, {200: ref("PaginatedRoleList")})
create_role = _roles(
    "create",
    "Create a role",
    [],
    {201: _ROLE_DETAIL},
    body=json_body("RoleRequest", required=True),
    example={"name": "Dispatchers", "permissions": []},
)
retrieve_role = _roles("retrieve", "Read a role", [_ROLE], {200: _ROLE_DETAIL})
update_role = _roles(
    "partial_update",
    "Change a role",
    [_ROLE],
    {200: _ROLE_DETAIL},
    body=json_body("PatchedRoleRequest"),
    example={"default_for_new_users": True},
)
delete_role = _roles("destroy", "Delete a role that no member has", [_ROLE], {204: None})

list_groups = _groups(
    "list", "The permission groups", _LIST, {200: ref("PaginatedPermissionGroupList")}
)
create_group = _groups(
    "create",
    "Create a permission group, which is a role",
    [],
    {201: _GROUP_DETAIL},
    body=json_body("PermissionGroupRequest", required=True),
    example={"name": "Dispatchers", "settings_section": {"enabled": False}},
)
retrieve_group = _groups("retrieve", "Read what a role may do", [_GROUP], {200: _GROUP_DETAIL})
replace_group = _groups(
    "update",
    "Replace what a role may do; what is not sent is granted no longer",
    [_GROUP],
    {200: _GROUP_DETAIL},
    body=json_body("PermissionGroupRequest", required=True),
)
update_group = _groups(
    "partial_update",
    "Replace sections of what a role may do, each as a whole",
    [_GROUP],
    {200: _GROUP_DETAIL},
    body=json_body("PatchedPermissionGroupRequest"),
    example={"name": "Dispatchers"},
)
delete_group = _groups("destroy", "Delete a permission group, with the role", [_GROUP], {204: None})
duplicate_group = _groups(
    "duplicate_create",
    "Create a role that may do the same",
    [_GROUP],
    {201: _GROUP_DETAIL},
    body=json_body("DuplicatePermissionGroupRequest", required=True),
    example={"name": "Dispatchers by night"},
)
update_object = _groups(
    "object_update_partial_update",
    "Put one control of an object, or a field of it, at a level; those that depend on it adjust",
    [_GROUP],
    {200: _GROUP_DETAIL},
    body=json_body("PermissionLevelRequest", required=True),
)
catalogue = operation(
    "permissions_meta_data_retrieve",
    "roles",
    "What can be granted",
    [],
    {200: ref("PermissionCatalogue")},
)
