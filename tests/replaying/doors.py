"""The doors through which records are written: each a function that makes one random use of its
door.

A new interface adds its own with `@door`. Whatever is sent, a door answers in its own words: it
never breaks.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

from tests.factories import Caller

from .world import World

Door = Callable[[World], None]
doors: dict[str, Door] = {}
weights: dict[str, int] = {}


def door(weight: int) -> Callable[[Door], Door]:
    """Let a function be a door, used `weight` times as often as others."""

    def add(function: Door) -> Door:
        name = function.__name__
        doors[name], weights[name] = function, weight
        return function

    return add


def table(world: World, caller: Caller, name: str) -> str:
    """Rows for an import, as CSV."""
    key = world.identifier(name)
    columns = [spec for spec in world.fields(caller, name, 6) if spec.name != key]
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([key, *(spec.name for spec in columns)])
    for _ in range(world.pick.choice([1, 10, 40, 130])):
        writer.writerow([world.key_of(name), *(cell(world.value(spec)) for spec in columns)])
    return text.getvalue()


def cell(value: Any) -> str:
    """A value as a cell of a CSV file."""
    if isinstance(value, list):
        return "; ".join(map(cell, value))
    if isinstance(value, dict):
        return str(value.get("amount", value))
    return "" if value is None else str(value)
