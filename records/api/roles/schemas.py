"""The components of the OpenAPI document that roles and permission groups are described in."""

from __future__ import annotations

from typing import Any

from records.api.openapi import array, component, obj, page_of, ref
from records.services.people import CONTROLS, RIGHTS

STRING: dict[str, Any] = {"type": "string"}
UUID: dict[str, Any] = {"type": "string", "format": "uuid"}
INTEGER: dict[str, Any] = {"type": "integer"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
NAME = {**STRING, "maxLength": 100}
LEVEL = {"type": "string", "enum": ["none", "view", "edit", "remove"]}

# ---------------------------------------------------------------- roles

_DEFAULT = {**BOOLEAN, "description": "Of all roles of the workspace only this one, then."}
_PERMISSIONS = {
    **array({"type": "string", "enum": ["workspace_admin"]}),
    "description": "workspace_admin: may do everything.",
}
_ROLE = {
    "id": UUID,
    "name": NAME,
    "user_count": INTEGER,
    "permission_groups": {**array(UUID), "description": "The role itself, as a group."},
    "default_for_new_users": _DEFAULT,
}
component("Role", obj(_ROLE))
component("PaginatedRoleList", page_of(ref("Role")))
component("RoleDetail", obj({**_ROLE, "permissions": _PERMISSIONS}))
_ROLE_SENT = {
    "permission_groups": {
        **array(UUID),
        "description": "Groups whose grants the role takes over, the widest ones, instead of its "
        "own.",
    },
    "permissions": _PERMISSIONS,
    "default_for_new_users": _DEFAULT,
}
component("RoleRequest", obj({"name": NAME}, **_ROLE_SENT))
component("PatchedRoleRequest", obj({}, name=NAME, **_ROLE_SENT))

# ---------------------------------------------------------------- permission groups

component(
    "PermissionSummary",
    obj(dict.fromkeys(("nb_none", "nb_view", "nb_edit", "nb_remove"), INTEGER)),
)
component("PermissionRights", obj(dict.fromkeys(RIGHTS, BOOLEAN)))
component("PermissionRightsRequest", obj({}, **dict.fromkeys(RIGHTS, BOOLEAN)))
_SWITCH = {"view": BOOLEAN, "edit": BOOLEAN}
component("FieldPermission", obj({"id": UUID, **_SWITCH}))
component("FieldPermissionRequest", obj({"id": UUID}, **_SWITCH))
component("FollowingPermission", {**BOOLEAN, "description": "Shown, and ignored on write."})
_FOLLOWING = ("unarchive_all", "unarchive_associated", "bulk_data_upload")


def _controls(rights: str) -> dict[str, Any]:
    return {
        "all_records": ref(rights),
        "associated_records": ref(rights),
        "create_record": BOOLEAN,
        **dict.fromkeys(_FOLLOWING, ref("FollowingPermission")),
    }


_READ, _SENT = _controls("PermissionRights"), _controls("PermissionRightsRequest")
component(
    "ContactPermissions",
    obj(
        {
            **_READ,
            "default_fields": {
                "type": "object",
                "additionalProperties": obj(_SWITCH),
                "description": "By API name.",
            },
            "custom_fields": array(ref("FieldPermission")),
        }
    ),
)
component(
    "ContactPermissionsRequest",
    obj(
        {},
        **_SENT,
        default_fields={"type": "object", "additionalProperties": obj({}, **_SWITCH)},
        custom_fields=array(ref("FieldPermissionRequest")),
    ),
)
component(
    "CustomObjectPermissions",
    obj({"custom_object_id": UUID, **_READ, "fields": array(ref("FieldPermission"))}),
)
component(
    "CustomObjectPermissionsRequest",
    obj(
        {"custom_object_id": UUID},
        **_SENT,
        fields={
            **array(ref("FieldPermissionRequest")),
            "description": "A field that is not named follows the object's grant.",
        },
    ),
)
component("SettingsPermissions", obj({"enabled": BOOLEAN}))
_ROW = {
    "id": UUID,
    "name": NAME,
    "summary": ref("PermissionSummary"),
    "user_count": INTEGER,
    "role_count": INTEGER,
}
component("PermissionGroup", obj(_ROW))
component("PaginatedPermissionGroupList", page_of(ref("PermissionGroup")))
component(
    "PermissionGroupDetail",
    obj(
        {
            **_ROW,
            "settings_section": ref("SettingsPermissions"),
            "contacts_section": ref("ContactPermissions"),
            "custom_objects": array(ref("CustomObjectPermissions")),
        }
    ),
)
_SECTIONS = {
    "settings_section": ref("SettingsPermissions"),
    "contacts_section": ref("ContactPermissionsRequest"),
    "custom_objects": array(ref("CustomObjectPermissionsRequest")),
}
component("PermissionGroupRequest", obj({"name": NAME}, **_SECTIONS))
component("PatchedPermissionGroupRequest", obj({}, name=NAME, **_SECTIONS))
component("DuplicatePermissionGroupRequest", obj({"name": NAME}))
_NAMED = obj({"id": UUID})
component(
    "PermissionLevelRequest",
    obj(
        {
            "custom_object": _NAMED,
            "permission_level": {**INTEGER, "minimum": 0, "maximum": 3},
        },
        field=_NAMED,
        key={
            "type": "string",
            "enum": [*CONTROLS, "fields"],
            "description": "all_records by default; fields, beside a field.",
        },
    ),
)

# ---------------------------------------------------------------- what can be granted

component(
    "PermissionControl",
    obj(
        {
            "key": STRING,
            "label": {**STRING, "description": "{0} is what the object's records are called."},
            "affordance": {"type": "string", "enum": ["range", "switch", "checkbox"]},
            "allowed_access": array(LEVEL),
            "default": LEVEL,
        },
        category=STRING,
        rule=STRING,
    ),
)
_FIELDS = {
    "type": "object",
    "additionalProperties": obj({"allowed_access": array(LEVEL), "default": LEVEL}),
    "description": "By API name.",
}
component(
    "PermissionCatalogue",
    obj(
        {
            "order": array(STRING),
            "sections": array(
                obj(
                    {
                        "key": STRING,
                        "label": STRING,
                        "default": LEVEL,
                        "permissions": array(ref("PermissionControl")),
                    }
                )
            ),
            "custom_objects": array(ref("PermissionControl")),
            "contacts": array(ref("PermissionControl")),
            "default_contact_fields": _FIELDS,
            "default_custom_object_fields": _FIELDS,
        }
    ),
)
