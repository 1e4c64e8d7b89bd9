"""What the OpenAPI document says of each operation on workspaces, members and signups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from records.api.openapi import (
    View,
    array,
    json_body,
    operation,
    page_parameters,
    path_parameter,
    query_parameter,
    ref,
)

from . import (
    people_schemas,  # noqa: F401 - registers them
    schemas,
)
from .requests import DEFAULT_SIZE

_WORKSPACE = path_parameter("workspace_uuid", schemas.UUID)
_MEMBER = path_parameter("member_id", schemas.INTEGER)
_ROLE = path_parameter("role_id", schemas.INTEGER)


def _members(name: str, summary: str, *parameters: Any, **more: Any) -> Callable[[View], View]:
    responses = more.pop("responses", {200: ref("MemberResponse")})
    return operation(name, "members", summary, [_WORKSPACE, *parameters], responses, **more)


list_workspaces = operation(
    "list_workspaces",
    "workspaces",
    "The workspaces the caller is a member of: one for a key, all of the user's for a session",
    [],
    {200: array(ref("WorkspaceResponse"))},
)
retrieve_workspace = operation(
    "get_workspace",
    "workspaces",
    "Read the workspace",
    [_WORKSPACE],
    {200: ref("WorkspaceResponse")},
)

list_members = _members(
    "list_members",
    "Find members; without the scope members:read, oneself alone",
    *page_parameters("pageSize", DEFAULT_SIZE),
    query_parameter("search", schemas.STRING, "Part of a name or email."),
    query_parameter("email", schemas.STRING),
    query_parameter("externalId", schemas.STRING),
    query_parameter("phone", schemas.STRING, "In any form."),
    query_parameter("label", schemas.STRING),
    query_parameter("memberRoleId", schemas.INTEGER),
    query_parameter("isActive", {"type": "string", "enum": ["true", "false", "all"]}),
    query_parameter("sortBy", {"type": "string", "enum": ["name", "email", "createdAt"]}),
    query_parameter("sortOrder", {"type": "string", "enum": ["asc", "desc"]}),
    responses={200: ref("MemberPage")},
)
retrieve_me = _members("get_current_member", "Read oneself")
retrieve_member = _members("get_member", "Read a member", _MEMBER)
create_member = _members(
    "create_member",
    "Add a member; one of email, phone and externalId is needed",
    responses={201: ref("MemberResponse")},
    body=json_body("CreateMemberRequest", required=True),
    example={"name": "Ann Ahn", "email": "ann.ahn@example.com", "labels": ["newsletter"]},
)
update_member = _members(
    "update_member",
    "Change what is sent of a member; null clears",
    _MEMBER,
    body=json_body("UpdateMemberRequest", required=True),
    example={"labels": ["newsletter"]},
)
archive_member = _members(
    "archive_member", "Archive a member; what they wrote stays theirs", _MEMBER
)
unarchive_member = _members("unarchive_member", "Bring an archived member back", _MEMBER)
delete_member = _members(
    "delete_member",
    "Archive a member, as /archive does",
    _MEMBER,
    responses={200: ref("ArchivedResponse")},
)
list_roles = _members(
    "list_member_roles", "The roles", responses={200: array(ref("MemberRoleResponse"))}
)
retrieve_role = _members(
    "get_member_role", "Read a role", _ROLE, responses={200: ref("MemberRoleResponse")}
)
create_signup = operation(
    "create_signup",
    "members",
    "Add or change a member with records, all or nothing. The externalId says who it is, else the "
    "email, else the phone",
    [_WORKSPACE],
    {200: ref("SignupResponse"), 201: ref("SignupResponse")},
    body=json_body("CreateSignupRequest", required=True),
    example={"member": {"email": "ann.ahn@example.com", "name": "Ann Ahn", "tosAccepted": True}},
)
