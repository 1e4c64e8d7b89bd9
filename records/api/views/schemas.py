"""The components of the OpenAPI document that saved views and layouts are described in."""

from __future__ import annotations

from typing import Any

from records.api.openapi import array, component, nullable, obj, one_of, or_null, page_of, ref

from .bases import BASES, Base
from .requests import SHARING

STRING: dict[str, Any] = {"type": "string"}
UUID: dict[str, Any] = {"type": "string", "format": "uuid"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
NAME: dict[str, Any] = {**STRING, "minLength": 1, "maxLength": 255}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
FILTER: dict[str, Any] = {
    "type": "object",
    "additionalProperties": True,
    "description": "A query with the `and` that joins its groups; `{}` finds all. It comes back "
    'as it was sent, and as `{"invalid": true}` where it names a field hidden from the caller.',
}
CONTENTS = {
    "config": FILTER,
    "filters": FILTER,
    "configuration_json": {
        "type": "object",
        "additionalProperties": True,
        "description": "It comes back as it was sent, without fields hidden from the caller. Grids "
        'read `{"columns": [{"field", "width", "visible", "frozen"}], "ordering"}`.',
    },
}
INVALID = {**BOOLEAN, "description": "The filter can no longer be used."}
OWN: dict[str, dict[str, Any]] = {
    "config": {"hidden": BOOLEAN, "invalid": INVALID},
    "filters": {"filter_count": COUNT, "invalid": INVALID},
    "configuration_json": {},
}
SENT: dict[str, dict[str, Any]] = {
    "config": {"hidden": BOOLEAN},
    "filters": {
        "filter_count": nullable({**COUNT, "description": "By default the number of clauses."})
    },
    "configuration_json": {},
}
_TEAM = {
    "type": "integer",
    "enum": [0, 1, 2, 3],
    "description": "What every member may do: nothing, view, edit, administer.",
}
_LEVELS = ("view", "edit", "admin")
component("ViewPerson", obj({"id": UUID, "display_name": STRING}))
_PEOPLE = obj({level: array(ref("ViewPerson")) for level in _LEVELS})
component(
    "ViewSharing",
    obj(
        {
            "private": {**BOOLEAN, "description": "Its owner's alone."},
            "all_team_members": _TEAM,
            "roles": _PEOPLE,
            "team_members": _PEOPLE,
        }
    ),
)
_IDS = obj({}, **{level: array(UUID) for level in _LEVELS})
component(
    "ViewSharingRequest",
    obj({}, private=BOOLEAN, all_team_members=_TEAM, roles=_IDS, team_members=_IDS),
)


def _describe(base: Base) -> None:
    name, content = base.component, {base.content: CONTENTS[base.content]}
    row = {"id": UUID, "name": STRING, "owner": nullable(UUID), **content, **OWN[base.content]}
    component(name, obj(row))
    detail = {**row, "owner": or_null(ref("ViewPerson")), SHARING: ref("ViewSharing")}
    component(f"{name}Detail", obj(detail))
    component(f"Paginated{name}List", page_of(ref(name)))
    more = {
        **SENT[base.content],
        "owner": nullable({**UUID, "description": "A member; by default the caller."}),
        SHARING: ref("ViewSharingRequest"),
    }
    component(f"{name}Request", obj({"name": NAME, **content}, **more))
    component(f"Patched{name}Request", obj({}, name=NAME, **content, **more))


for _base in BASES:
    _describe(_base)

component("ApplyToRolesRequest", obj({"role_ids": array(UUID)}))
component("ApplyToUsersRequest", obj({"team_member_ids": array(UUID)}))
component("ApplyToPermissionGroupsRequest", obj({"permission_group_ids": array(UUID)}))

# ---------------------------------------------------------------- layouts

_ID = {**STRING, "description": "Given where it is missing."}
_WIDTH = one_of(
    {"type": "string", "enum": ["third-width", "two-third-width"]},
    {"type": "integer", "minimum": 1, "maximum": 12, "description": "Units of a row of 12."},
)


def _free(schema: dict[str, Any]) -> dict[str, Any]:
    """An object that keeps what else it is sent."""
    return {**schema, "additionalProperties": True}


component(
    "LayoutBlockMetadata",
    _free(
        obj(
            {},
            included=nullable(array(STRING)),
            excluded=nullable(array(STRING)),
            autoInclude=nullable(
                {**BOOLEAN, "description": "Take every category that no block of fields names."}
            ),
            chosenCategories=nullable(array(_free(obj({}, label=STRING, value=STRING)))),
        )
    ),
)
_BLOCK = {
    "label": {},
    "displayName": {},
    "internalName": {},
    "metadata": {"description": "Of a block of type fields: a LayoutBlockMetadata."},
}
component("LayoutBlock", _free(obj({"id": STRING, "type": STRING}, **_BLOCK)))
component("LayoutBlockRequest", _free(obj({"type": STRING}, id=nullable(_ID), **_BLOCK)))
component(
    "LayoutColumn",
    _free(obj({"id": STRING, "items": array(ref("LayoutBlock"))}, width=_WIDTH)),
)
_BLOCKS = array(ref("LayoutBlockRequest"))
component(
    "LayoutColumnRequest",
    _free(
        obj(
            {},
            id=nullable(_ID),
            width=_WIDTH,
            items=_BLOCKS,
            blocks={**_BLOCKS, "description": "The same as `items`."},
        )
    ),
)
component("LayoutRow", _free(obj({"id": STRING, "columns": array(ref("LayoutColumn"))})))
component(
    "LayoutRowRequest",
    _free(obj({}, id=nullable(_ID), columns=array(ref("LayoutColumnRequest")))),
)
_TABS = {
    "type": "object",
    "additionalProperties": BOOLEAN,
    "properties": {"automations": BOOLEAN},
}
component(
    "Layout",
    obj(
        {
            "id": UUID,
            "name": STRING,
            "active": {**BOOLEAN, "description": "Whether record pages follow it."},
            "order": COUNT,
            "config": array(ref("LayoutRow")),
            "tabs": _TABS,
        }
    ),
)
component("PaginatedLayoutList", page_of(ref("Layout")))
component(
    "LayoutRequest",
    obj(
        {"name": NAME},
        config=nullable(array(ref("LayoutRowRequest"))),
        active=BOOLEAN,
        order={**COUNT, "maximum": 1_000_000},
        tabs=_TABS,
    ),
)
