"""The components of the OpenAPI document about workspaces, members and their roles."""

from __future__ import annotations

from typing import Any

from records.api.openapi import WORKSPACE, array, component, nullable, obj, ref

from .schemas import BOOLEAN, EXTERNAL_ID, INTEGER, MOMENT, STRING, UUID, VALUES, page_component

DAY: dict[str, Any] = {"type": "string", "format": "date"}
LABELS: dict[str, Any] = {
    "type": "array",
    "items": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"},
    "maxItems": 50,
}
_PHONE = {**STRING, "maxLength": 64, "description": "In any form; kept in E.164."}


def _component(name: str, schema: dict[str, Any]) -> None:
    component(name, schema, WORKSPACE)


_component(
    "WorkspaceResponse",
    obj(
        {
            "id": INTEGER,
            "uuid": UUID,
            "name": STRING,
            "slug": STRING,
            "timeZone": STRING,
            "memberId": {**INTEGER, "description": "The caller, as a member of it."},
            "memberRoleId": INTEGER,
            "createdAt": MOMENT,
        }
    ),
)
_component(
    "MemberResponse",
    obj(
        {
            "id": INTEGER,
            "uuid": UUID,
            "email": nullable(STRING),
            "name": nullable(STRING),
            "firstName": nullable(STRING),
            "lastName": nullable(STRING),
            "phone": nullable({**STRING, "description": "In E.164 form."}),
            "externalId": nullable(STRING),
            "dateOfBirth": nullable(DAY),
            "locale": nullable(STRING),
            "labels": array(STRING),
            "memberRoleId": INTEGER,
            "roleName": STRING,
            "isActive": BOOLEAN,
            "createdAt": MOMENT,
            "updatedAt": MOMENT,
        }
    ),
)
page_component("MemberPage", "MemberResponse")
_DETAILS = {
    "name": nullable({**STRING, "description": "First and last name in one."}),
    "email": nullable({**STRING, "maxLength": 254}),
    "phone": nullable(_PHONE),
    "externalId": nullable(EXTERNAL_ID),
    "dateOfBirth": nullable(DAY),
    "locale": nullable({**STRING, "maxLength": 35, "description": "Such as en or pt-BR."}),
    "labels": nullable(LABELS),
}
_ROLE = nullable({**INTEGER, "description": "Default: the workspace's default role."})
_WRITTEN = {
    **_DETAILS,
    "firstName": nullable({**STRING, "maxLength": 150}),
    "lastName": nullable({**STRING, "maxLength": 150}),
    "memberRoleId": _ROLE,
    "roleId": nullable({**INTEGER, "description": "The same as memberRoleId."}),
}
_component("CreateMemberRequest", obj({}, **_WRITTEN))
_component("UpdateMemberRequest", obj({}, **_WRITTEN))
_component(
    "MemberRoleResponse",
    obj(
        {
            "id": INTEGER,
            "uuid": UUID,
            "name": STRING,
            "isAdmin": BOOLEAN,
            "isDefault": {**BOOLEAN, "description": "New members get it who are given none."},
            "grantedScopes": array(STRING),
        }
    ),
)

# ---------------------------------------------------------------- signups

_component(
    "SignupMember",
    obj(
        {},
        **_DETAILS,
        role=nullable({**STRING, "description": "The name of a role."}),
        tosAccepted=nullable(BOOLEAN),
    ),
)
_component(
    "SignupData",
    obj(
        {}, externalId=nullable(EXTERNAL_ID), values=nullable(VALUES), fieldValues=nullable(VALUES)
    ),
)
_component(
    "CreateSignupRequest",
    obj(
        {"member": ref("SignupMember")},
        data={
            "type": "object",
            "additionalProperties": ref("SignupData"),
            "description": "Records by the slug of their data type.",
            "nullable": True,
        },
    ),
)
_component(
    "SignupAccount",
    obj(
        {
            "uuid": UUID,
            "email": nullable(STRING),
            "phone": nullable(STRING),
            "name": nullable(STRING),
        }
    ),
)
_component(
    "SignedUpMember",
    obj({"id": INTEGER, "email": nullable(STRING), "memberRoleId": INTEGER}),
)
_component(
    "SignedUpRecord",
    obj(
        {
            "id": INTEGER,
            "externalId": nullable(STRING),
            "action": {"type": "string", "enum": ["created", "updated", "unchanged"]},
        }
    ),
)
_component(
    "SignupResponse",
    obj(
        {
            "token": nullable({**STRING, "description": "Always null: no credential is issued."}),
            "account": ref("SignupAccount"),
            "member": ref("SignedUpMember"),
            "wasCreated": BOOLEAN,
            "records": {
                "type": "object",
                "additionalProperties": ref("SignedUpRecord"),
                "description": "What was done to the records, by slug.",
            },
        }
    ),
)
