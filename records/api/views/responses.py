"""Saved views and layouts as callers read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.views import (
    Level,
    Part,
    SavedView,
    ShownPart,
    object_layout,
    role_names,
    sharing_of,
    shown_parts,
)

from .bases import Base
from .requests import LEVELS, SHARING


def view_rows(
    author: Author, schema: ObjectSchema, base: Base, views: Sequence[SavedView]
) -> list[dict[str, Any]]:
    """Views as a list shows them: the owner is a plain id."""
    owners = author.directory.members(view.owner_id for view in views if view.owner_id)
    parts = shown_parts(author, schema, views, base.part)
    return [
        {
            **_row(base, view, shown),
            "owner": owners[view.owner_id].uuid if view.owner_id in owners else None,
        }
        for view, shown in zip(views, parts, strict=True)
    ]


def view_detail(
    author: Author, schema: ObjectSchema, base: Base, view: SavedView
) -> dict[str, Any]:
    """A view by itself: its owner by name, and with whom it is shared."""
    owner = author.directory.members([view.owner_id] if view.owner_id else []).get(
        view.owner_id or 0
    )
    (shown,) = shown_parts(author, schema, [view], base.part)
    return {
        **_row(base, view, shown),
        "owner": None if owner is None else {"id": owner.uuid, "display_name": owner.name},
        SHARING: _sharing(author, view),
    }


def _row(base: Base, view: SavedView, shown: ShownPart) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": str(view.uuid),
        "name": view.name,
        "owner": None,
        base.content: shown.content,
    }
    if base.part is Part.FILTER:
        row["hidden"] = view.filter_hidden
    if base.part is Part.QUICK_FILTER:
        row["filter_count"] = view.quick_count or 0
    if base.part.is_filter:
        row["invalid"] = shown.is_invalid
    return row


def _sharing(author: Author, view: SavedView) -> dict[str, Any]:
    sharing = sharing_of(view)
    roles = role_names(author, sharing.roles)
    members = author.directory.members(sharing.members)
    people = {key: (found.uuid, found.name) for key, found in members.items()}
    return {
        "private": sharing.is_private,
        "all_team_members": int(sharing.team),
        "roles": _levels(sharing.roles, roles),
        "team_members": _levels(sharing.members, people),
    }


def _levels(
    levels: Mapping[int, Level], names: Mapping[int, tuple[str, str]]
) -> dict[str, list[dict[str, str]]]:
    """Who has which level; those that are gone are left out."""
    return {
        word: [
            {"id": names[key][0], "display_name": names[key][1]}
            for key in levels
            if levels[key] == level and key in names
        ]
        for word, level in LEVELS.items()
    }


def layout_row(author: Author, schema: ObjectSchema) -> dict[str, Any]:
    """The layout of the object's record pages."""
    layout = object_layout(author, schema)
    return {
        "id": str(layout.uuid),
        "name": layout.name,
        "active": layout.is_active,
        "order": layout.order,
        "config": layout.config,
        "tabs": layout.tabs,
    }
