"""What callers send to change roles, read into the shapes of the core.

Keys that are not known are passed by, as everywhere where a workspace is shaped: clients send back
what they read, with keys that only show something.
"""

from __future__ import annotations

from typing import Any

from records.api.metadata.requests import Body, read_body
from records.exceptions import InvalidInput, quoted
from records.services.catalogue import CONTACTS
from records.services.people import (
    ALL_RECORDS,
    ASSOCIATED_RECORDS,
    CONTACTS_SECTION,
    CREATE_RECORD,
    CUSTOM_OBJECTS,
    RIGHTS,
    Rights,
    Switch,
    WantedField,
    WantedObject,
)

__all__ = ["group_changes", "level_change", "read_body", "role_changes"]

WORKSPACE_ADMIN = "workspace_admin"
SETTINGS_SECTION = "settings_section"
MOST_GROUPS = 1000


def role_changes(body: Body) -> dict[str, Any]:
    """What the body says of a role."""
    changes = body.given(name=body.required)
    if "permission_groups" in body:
        changes["groups"] = body.texts("permission_groups")
        if len(changes["groups"]) > MOST_GROUPS:
            raise InvalidInput(
                f"at most {MOST_GROUPS} entries.", "limit_exceeded", at="permission_groups"
            )
    if "permissions" in body:
        changes["is_admin"] = _is_admin(body)
    if "default_for_new_users" in body:
        changes["is_default"] = body.flag("default_for_new_users")
    return changes


def _is_admin(body: Body) -> bool:
    sent = body.texts("permissions")
    for at, each in enumerate(sent):
        if each != WORKSPACE_ADMIN:
            raise InvalidInput(
                f"{quoted(each)} is not {WORKSPACE_ADMIN!r}, which is the only one.",
                at=("permissions", at),
            )
    return bool(sent)


def group_changes(body: Body, *, whole: bool = False) -> dict[str, Any]:
    """What the body says of a permission group; of a `whole` one, what it does not say is none."""
    changes = body.given(name=body.required)
    if whole or SETTINGS_SECTION in body:
        changes["is_admin"] = body.group(SETTINGS_SECTION).flag("enabled")
    if whole or CUSTOM_OBJECTS in body:
        changes["custom_objects"] = [
            _wanted(each, each.required("custom_object_id"), _fields(each, "fields"))
            for each in body.groups(CUSTOM_OBJECTS)
        ]
    if whole or CONTACTS_SECTION in body:
        section = body.group(CONTACTS_SECTION)
        fields = [*_default_fields(section), *_fields(section, "custom_fields")]
        changes["contacts"] = _wanted(section, CONTACTS, fields)
    return changes


def _wanted(body: Body, key: str, fields: list[WantedField]) -> WantedObject:
    return WantedObject(
        key,
        _rights(body.group(ALL_RECORDS)),
        _rights(body.group(ASSOCIATED_RECORDS)),
        body.flag(CREATE_RECORD),
        fields,
        body.where,
    )


def _rights(body: Body) -> Rights:
    return Rights(*map(body.flag, RIGHTS))


def _fields(body: Body, key: str) -> list[WantedField]:
    return [
        WantedField(each.required("id"), _switch(each), each.where) for each in body.groups(key)
    ]


def _default_fields(section: Body) -> list[WantedField]:
    """The default fields of contacts, which are sent by their names."""
    named = section.group("default_fields")
    found = [(name, named.group(name)) for name in named.content]
    return [WantedField(name, _switch(each), each.where) for name, each in found]


def _switch(body: Body) -> Switch:
    return Switch(body.flag("view"), body.flag("edit"))


def level_change(body: Body) -> dict[str, Any]:
    """Which control of which object is to be at which level."""
    if "permission_level" not in body:
        raise InvalidInput("this key is required.", "required", at="permission_level")
    return {
        "object_key": body.group("custom_object").required("id"),
        "level": body.content["permission_level"],
        "field_key": body.group("field").required("id") if "field" in body else None,
        "control": body.text("key") if "key" in body else None,
    }
