"""Saved views and layouts, in the permission matrix.

One view with all parts is shared with everybody, for looking; its filters and columns name the
field that is hidden from some. Another is private.
"""

from __future__ import annotations

from . import needs
from .needs import Expected, Operation
from .requests import once
from .world import Target, World

VIEWS = "custom-objects/cases"
CONTENTS = {
    "filter-groups": "config",
    "quick-filters": "filters",
    "columns": "configuration_json",
}
APPLICATIONS = {
    "roles": {"role_ids": ["<role>"]},
    "users": {"team_member_ids": ["<admin>"]},
    "permission-groups": {"permission_group_ids": ["<role>"]},
}


def _sees(world: World) -> bool:
    return world.role.admin or world.role.view != "none"


def list_them(world: World, target: Target) -> Expected:
    """Who sees no case is shown no view; the private one is for admins."""
    if not world.role.known:
        return needs.nothing(needs.ABSENT)
    return Expected(needs.DONE, count=(1 + world.role.admin) if _sees(world) else 0)


def see_it(world: World, target: Target) -> Expected:
    return needs.nothing(needs.DONE if _sees(world) else needs.ABSENT)


def create(world: World, target: Target) -> Expected:
    if not world.role.known:
        return needs.nothing(needs.ABSENT)
    return Expected(needs.DONE, changed=True) if _sees(world) else needs.nothing(needs.FORBIDDEN)


def create_on_secrets(world: World, target: Target) -> Expected:
    found = create(world, target)
    hidden = found.verdict == needs.DONE and not world.sees_secret
    return needs.nothing(needs.REFUSED) if hidden else found


def administer(world: World, target: Target) -> Expected:
    """It is shared for looking alone."""
    if world.role.admin:
        return Expected(needs.DONE, changed=True)
    return needs.nothing(needs.FORBIDDEN if _sees(world) else needs.ABSENT)


def search_by_it(world: World, target: Target) -> Expected:
    if not world.role.known:
        return needs.nothing(needs.ABSENT)
    if not (_sees(world) and world.sees_secret):
        return needs.nothing(needs.REFUSED)
    return Expected(needs.DONE, count=len(world.visible))


def search_by_the_private_one(world: World, target: Target) -> Expected:
    found = needs.read_definitions(world, target)
    if found.verdict == needs.DONE and not world.role.admin:
        return needs.nothing(needs.REFUSED)
    return found


def _secret(base: str) -> dict[str, object]:
    clause = {"field": "secret", "condition": "is_blank", "value": False}
    return {CONTENTS[base]: {"query": [{"filters": [clause]}]}}


def _of(base: str, operation: str) -> list[Operation]:
    every, one, private = f"{VIEWS}/{base}", f"{VIEWS}/{base}/<view>", f"{VIEWS}/{base}/<private>"
    new = {"name": "New", CONTENTS[base]: {}}
    secret = create if base == "columns" else create_on_secrets
    return [
        once(base, f"{operation}_list", list_them, "GET", every),
        once(
            f"{base} of an unseen object",
            f"{operation}_list",
            needs.admins_only,
            "GET",
            f"custom-objects/vaults/{base}",
        ),
        once(f"new {base}", f"{operation}_create", create, "POST", every, new),
        once(
            f"new {base} on secrets",
            f"{operation}_create",
            secret,
            "POST",
            every,
            {"name": "New", **_secret(base)},
        ),
        once(f"one of {base}", f"{operation}_retrieve", see_it, "GET", one),
        once(f"private {base}", f"{operation}_retrieve", needs.admins_only, "GET", private),
        once(f"replace {base}", f"{operation}_update", administer, "PUT", one, new),
        once(f"change {base}", f"{operation}_partial_update", administer, "PATCH", one, new),
        once(
            f"change private {base}",
            f"{operation}_partial_update",
            needs.define_unseen,
            "PATCH",
            private,
            {"name": "x"},
        ),
        once(f"delete {base}", f"{operation}_destroy", administer, "DELETE", one),
    ]


def _applied(base: str, operation: str, whom: str) -> Operation:
    return once(
        f"apply {base} to {whom}",
        f"{operation}_apply_to_{whom.replace('-', '_')}_create",
        administer,
        "POST",
        f"{VIEWS}/{base}/<view>/apply-to-{whom}",
        APPLICATIONS[whom],
    )


LAYOUT = {"name": "Ours", "config": []}
VIEW_OPERATIONS: list[Operation] = [
    *_of("filter-groups", "custom_objects_filter_groups"),
    *_of("quick-filters", "custom_objects_quick_filters"),
    *_of("columns", "custom_objects_columns"),
    *(
        _applied("quick-filters", "custom_objects_quick_filters", whom)
        for whom in ("roles", "users")
    ),
    *(_applied("columns", "custom_objects_columns", whom) for whom in APPLICATIONS),
    once(
        "search by a filter group",
        "records_search_create",
        search_by_it,
        "POST",
        "records/cases/search",
        {"group_id": "<view>"},
    ),
    once(
        "search by a private filter group",
        "records_search_create",
        search_by_the_private_one,
        "POST",
        "records/cases/search",
        {"not_in_group_ids": ["<private>"]},
    ),
    once(
        "layouts",
        "custom_objects_layouts_list",
        needs.read_definitions,
        "GET",
        f"{VIEWS}/layouts",
    ),
    once(
        "unseen layouts",
        "custom_objects_layouts_list",
        needs.admins_only,
        "GET",
        "custom-objects/vaults/layouts",
    ),
    once(
        "replace a layout",
        "custom_objects_layouts_update",
        needs.define,
        "PUT",
        f"{VIEWS}/layouts/<layout>",
        LAYOUT,
    ),
    once(
        "replace an unseen layout",
        "custom_objects_layouts_update",
        needs.define_unseen,
        "PUT",
        "custom-objects/vaults/layouts/<vaults layout>",
        LAYOUT,
    ),
]
