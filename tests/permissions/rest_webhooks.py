"""Webhooks, in the permission matrix: they are the admins' alone."""

from __future__ import annotations

from . import needs
from .needs import Expected, Operation
from .requests import once
from .world import Target, World

ONE = "webhooks/01900000-0000-7000-8000-000000000000"
NEW = {"name": "Shop", "url": "https://shop.example.com/hook"}


def manage(world: World, target: Target) -> Expected:
    return needs.nothing(needs.DONE if world.role.admin else needs.FORBIDDEN)


def manage_none(world: World, target: Target) -> Expected:
    """There is no such webhook, which only admins are told."""
    return needs.nothing(needs.ABSENT if world.role.admin else needs.FORBIDDEN)


WEBHOOKS: list[Operation] = [
    once("webhooks", "webhooks_list", manage, "GET", "webhooks"),
    once("a new webhook", "webhooks_create", manage, "POST", "webhooks", NEW),
    once("a webhook", "webhooks_retrieve", manage_none, "GET", ONE),
    once("change a webhook", "webhooks_partial_update", manage_none, "PATCH", ONE, {}),
    once("delete a webhook", "webhooks_destroy", manage_none, "DELETE", ONE),
    once("try a webhook", "webhooks_test_create", manage_none, "POST", f"{ONE}/test", {}),
    once(
        "a new secret",
        "webhooks_rotate_secret_create",
        manage_none,
        "POST",
        f"{ONE}/rotate-secret",
        {},
    ),
    once("deliveries", "webhooks_deliveries_list", manage_none, "GET", f"{ONE}/deliveries"),
    once(
        "deliver again",
        "webhooks_deliveries_replay_create",
        manage_none,
        "POST",
        f"{ONE}/deliveries/01900000-0000-7000-8000-000000000001/replay",
        {},
    ),
    once(
        "deliver a range again",
        "webhooks_replay_create",
        manage_none,
        "POST",
        f"{ONE}/replay",
        {"after": "x"},
    ),
]
