"""Processes that shape the definitions of a workspace at random. Kept apart from the tests, as
`parts` is."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from tests.calling import Line, Player

from .parts import PEOPLE, Call, values


def shape(player: Player, times: int) -> Counter[int]:
    """Make, change and take away a few fields, options, categories and stages, in a random order of
    its own."""
    choose = random.Random(player.number)
    met: Counter[int] = Counter()
    player.together()
    for _ in range(times):
        for method, path, body in choose.choice(SHAPINGS)(player.line, choose):
            met[player.line.send(method, path, body).status] += 1
    return met


DEFINED = "/api/custom-objects/people"


def _listed(line: Line, path: str) -> list[Any]:
    """What is there now; nothing, where what it is in has gone."""
    content = line.send("GET", path).content
    return content if isinstance(content, list) else []


def _one_of(line: Line, choose: random.Random, path: str, *, after: int = 0) -> str:
    rows = _listed(line, path)[after:]
    return str(choose.choice(rows)["id"]) if rows else "01900000-0000-7000-8000-000000000000"


def _field(line: Line, choose: random.Random) -> list[Call]:
    name = choose.choice(("Red", "Green", "Blue"))
    path = f"{DEFINED}/fields/{name.lower()}"
    made = {
        "display_name": name,
        "name": name.lower(),
        "field_type": "dropdown",
        "options": ["One", "Two"],
    }
    category = _one_of(line, choose, f"{DEFINED}/categories")
    return [
        choose.choice(
            [
                ("POST", f"{DEFINED}/fields", {**made, "category": category}),
                (
                    "PATCH",
                    path,
                    {"display_name": f"{name} {choose.random()}", "category": category},
                ),
                ("DELETE", path, None),
            ]
        )
    ]


def _option(line: Line, choose: random.Random) -> list[Call]:
    path = f"{DEFINED}/fields/{choose.choice(('red', 'green', 'blue'))}/options"
    option, heir = _one_of(line, choose, path), _one_of(line, choose, path)
    return [
        choose.choice(
            [
                ("POST", path, {"name": choose.choice(("Three", "Four"))}),
                ("PATCH", f"{path}/{option}", {"name": choose.choice(("Five", "Six"))}),
                ("DELETE", f"{path}/{option}", None),
                ("POST", f"{path}/{option}/replace", {"replacement_option_id": heir}),
            ]
        ),
        (
            "POST",
            f"{PEOPLE}/upsert",
            {"lookup_value": "Shaped", **values(red=choose.choice(("One", "Two", "Five")))},
        ),
    ]


def _category(line: Line, choose: random.Random) -> list[Call]:
    path = f"{DEFINED}/categories"
    category = _one_of(line, choose, path, after=1)
    return [
        choose.choice(
            [
                ("POST", path, {"name": choose.choice(("Inner", "Outer"))}),
                (
                    "PATCH",
                    f"{path}/{category}",
                    {"name": choose.choice(("Inner", "Outer", "Upper"))},
                ),
                ("DELETE", f"{path}/{category}", None),
            ]
        )
    ]


def _object(line: Line, choose: random.Random) -> list[Call]:
    path = "/api/custom-objects"
    relation = {"related_object": "tents", "related_name": "People", "relation_type": "primary"}
    linked = {
        "display_name": "Tent",
        "name": "tent",
        "field_type": "relationship",
        "relation": relation,
    }
    category = _one_of(line, choose, f"{DEFINED}/categories")
    return [
        choose.choice(
            [
                ("POST", path, {"object_name": "Tents", "entity_name": "Tent"}),
                (
                    "PATCH",
                    f"{path}/tents",
                    {"entity_display_name_pattern_text": choose.choice(("", "{name}!"))},
                ),
                ("DELETE", f"{path}/tents", None),
                ("PATCH", f"{path}/tents/unarchive", None),
                ("POST", f"{DEFINED}/fields", {**linked, "category": category}),
                ("DELETE", f"{DEFINED}/fields/tent", None),
                ("POST", "/api/records/tents/add", values(name=str(choose.random()))),
                ("GET", f"{path}/tents/fields", None),
            ]
        )
    ]


SHAPINGS = (_field, _option, _category, _object)
