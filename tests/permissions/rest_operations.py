"""Operations, in the permission matrix: those that created the cases."""

from __future__ import annotations

from . import needs
from .needs import CASES, ONCE, Expected, Operation
from .requests import rest
from .world import Target, World

ONE = "operations/<operation>"


def undo_creation(world: World, target: Target) -> Expected:
    """Whoever sees the case can ask, and gets as far as they may archive it."""
    if not world.sees(target):
        return needs.nothing(needs.ABSENT)
    allowed = target.live and world.role.reaches("remove", own=target.own)
    return Expected(needs.DONE, changed=True) if allowed else needs.nothing(needs.DONE)


def try_to_undo(world: World, target: Target) -> Expected:
    return needs.view_history(world, target)


def always(world: World, target: Target) -> Expected:
    return needs.nothing(needs.DONE)


def _of_cases(name: str, query: str) -> Operation:
    return rest(name, "operations_list", always, "GET", f"operations{query}", None, ONCE)


OPERATIONS = [
    _of_cases("list operations", ""),
    _of_cases("list requests", "?kind=request&member=is_me&page_size=2"),
    rest("an operation", "operations_retrieve", needs.view_history, "GET", ONE, None, CASES),
    rest(
        "try to undo",
        "operations_undo_create",
        try_to_undo,
        "POST",
        f"{ONE}/undo",
        {"dry_run": True, "mode": "force"},
    ),
    rest("undo", "operations_undo_create", undo_creation, "POST", f"{ONE}/undo", {}),
    rest(
        "what no undo has left",
        "operations_left_list",
        always,
        "GET",
        f"{ONE}/left",
    ),
]
