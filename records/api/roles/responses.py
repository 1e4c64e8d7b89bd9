"""Roles and permission groups as callers read them. Their shapes never vary: callers copy what they
read and change leaves of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from records.services.people import (
    ALL_RECORDS,
    ASSOCIATED_RECORDS,
    CREATE_RECORD,
    ObjectSheet,
    PermissionGroup,
    Rights,
    RoleInfo,
    all_records,
    associated_records,
    level_of,
)

from .requests import WORKSPACE_ADMIN

LEVELS = ("nb_none", "nb_view", "nb_edit", "nb_remove")
ON = 2  # the level that a control without levels counts as, when it is on


def role_row(info: RoleInfo) -> dict[str, Any]:
    """A role of ours is the only permission group it has."""
    return {
        "id": info.uuid,
        "name": info.name,
        "user_count": info.member_count,
        "permission_groups": [info.uuid],
        "default_for_new_users": info.is_default,
    }


def role_detail(info: RoleInfo) -> dict[str, Any]:
    return {**role_row(info), "permissions": [WORKSPACE_ADMIN] if info.is_admin else []}


def group_row(info: RoleInfo) -> dict[str, Any]:
    """A group as lists show it, without its grants."""
    return {
        "id": info.uuid,
        "name": info.name,
        "summary": dict.fromkeys(LEVELS, 0),
        "user_count": info.member_count,
        "role_count": 1,
    }


def group_detail(group: PermissionGroup) -> dict[str, Any]:
    contacts = [_contacts(sheet) for sheet in group.sheets if sheet.object.is_contacts]
    custom = [_custom(sheet) for sheet in group.sheets if not sheet.object.is_contacts]
    return {
        **group_row(group.role),
        "summary": _summary(group),
        "settings_section": {"enabled": group.role.is_admin},
        "contacts_section": contacts[0] if contacts else {},
        "custom_objects": custom,
    }


def _custom(sheet: ObjectSheet) -> dict[str, Any]:
    fields = [{"id": row.uuid, **asdict(sheet.switches[row.id])} for row in sheet.object.fields]
    return {"custom_object_id": sheet.object.uuid, **_controls(sheet), "fields": fields}


def _contacts(sheet: ObjectSheet) -> dict[str, Any]:
    rows = sheet.object.fields
    return {
        **_controls(sheet),
        "default_fields": {
            row.name: asdict(sheet.switches[row.id]) for row in rows if row.is_default
        },
        "custom_fields": [
            {"id": row.uuid, **asdict(sheet.switches[row.id])} for row in rows if not row.is_default
        ],
    }


def _controls(sheet: ObjectSheet) -> dict[str, Any]:
    over_all, over_own = all_records(sheet.grant), associated_records(sheet.grant)
    return {
        ALL_RECORDS: asdict(over_all),
        ASSOCIATED_RECORDS: asdict(over_own),
        CREATE_RECORD: sheet.grant.create,
        # What is brought back was archived, and many at once are created.
        "unarchive_all": over_all.remove,
        "unarchive_associated": over_own.remove,
        "bulk_data_upload": sheet.grant.create,
    }


def _summary(group: PermissionGroup) -> dict[str, int]:
    """How many controls are at each level; fields are none."""
    counts = dict.fromkeys(LEVELS, 0)
    for level in (ON * group.role.is_admin, *_levels(group.sheets)):
        counts[LEVELS[level]] += 1
    return counts


def _levels(sheets: Iterable[ObjectSheet]) -> Iterator[int]:
    for sheet in sheets:
        for control in _controls(sheet).values():
            yield ON * control if isinstance(control, bool) else level_of(Rights(**control))
