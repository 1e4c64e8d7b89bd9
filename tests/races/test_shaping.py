"""Definitions that many processes change at once, and that another process knows at its next
request."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.calling import Address, Line, play
from tests.serving import Site, free_port, serving, site

from . import parts, shaping
from .parts import values

OBJECTS = "/api/custom-objects"
DEALS = f"{OBJECTS}/deals"


def first_id(line: Line, path: str) -> str:
    return str(line.send("GET", path).content[0]["id"])


MADE: dict[str, tuple[str, dict[str, Any]]] = {
    "object": (OBJECTS, {"object_name": "Things {}", "entity_name": "Thing"}),
    "field": (
        f"{DEALS}/fields",
        {"display_name": "Field", "name": "field_{}", "field_type": "text"},
    ),
    "relationship": (
        f"{DEALS}/fields",
        {
            "display_name": "Link",
            "name": "link_{}",
            "field_type": "relationship",
            "relation": {
                "related_object": "people",
                "related_name": "Back",
                "relation_type": "additional",
            },
        },
    ),
    "option": (f"{DEALS}/fields/reasons_lost/options", {"name": "Reason {}"}),
    "category": (f"{DEALS}/categories", {"name": "Category {}"}),
    "filter group": (f"{DEALS}/filter-groups", {"name": "Group {}", "config": {}}),
    "columns": (f"{DEALS}/columns", {"name": "Columns {}", "configuration_json": {}}),
    "stage": ("/api/pipelines/deals/stages", {"name": "Stage {}", "status": "open"}),
}


API_NAMES = {"object", "field", "relationship"}


def filled(body: dict[str, Any], at: int) -> dict[str, Any]:
    return {key: part.format(at) if isinstance(part, str) else part for key, part in body.items()}


def as_it_is(body: dict[str, Any]) -> dict[str, Any]:
    return body


def in_capitals(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "name": body["name"].upper()}


# API names have one spelling, names of people have many.
SPELLINGS = {True: [as_it_is], False: [as_it_is, in_capitals]}


@pytest.mark.parametrize("kind", MADE)
def test_a_name_is_given_once(raced: Site, line: Line, kind: str) -> None:
    path, body = MADE[kind]
    category = (
        {"category": first_id(line, f"{DEALS}/categories")} if path.endswith("/fields") else {}
    )
    calls = [
        [
            ("POST", path, spelt(category | filled(body, at)))
            for spelt in SPELLINGS[kind in API_NAMES]
        ]
        for at in range(4)
    ]

    answers = play(raced.address, 8, parts.rounds, calls)

    for of_the_round in zip(*answers, strict=True):
        assert Counter(answer.status for answer in of_the_round) == {201: 1, 400: 7}
        assert {answer.code for answer in of_the_round if answer.status == 400} == {"unique"}
    assert raced.differences() == ""


def test_definitions_in_a_storm(raced: Site, line: Line) -> None:
    met = sum(play(raced.address, 8, shaping.shape, 40), Counter[int]())

    assert {200, 201, 204} <= set(met) <= {200, 201, 204, 400, 404, 409}
    assert raced.differences() == ""
    fields = line.send("GET", f"{OBJECTS}/people/fields").content
    categories = {row["id"] for row in line.send("GET", f"{OBJECTS}/people/categories").content}
    assert {row["category"] for row in fields} <= categories
    assert len({row["name"] for row in fields}) == len(fields)


def test_another_process_knows_at_its_next_request(tmp_path: Path) -> None:
    with site(tmp_path, "--workers", "1") as first:
        there = Address("127.0.0.1", free_port(), first.address.headers)
        with serving(first.environment, there, "--workers", "1"):
            here, other = Line(first.address), Line(there)
            _change_here_and_look_there(here, other)
            _change_here_and_look_there(other, here, "Again")
            here.close()
            other.close()


def _change_here_and_look_there(here: Line, other: Line, name: str = "Boats") -> None:
    made = f"{OBJECTS}/{name.lower()}"
    records = f"/api/records/{name.lower()}"
    assert other.send("POST", f"{records}/search", {}).status == 404
    assert here.send("POST", OBJECTS, {"object_name": name, "entity_name": "One"}).status == 201
    record = other.send("POST", f"{records}/add", values(name="A")).content["id"]

    category = first_id(other, f"{made}/categories")
    field = {
        "display_name": "Colour",
        "field_type": "dropdown",
        "options": ["Red", "Blue"],
        "category": category,
    }
    assert here.send("POST", f"{made}/fields", field).status == 201
    assert other.send("PATCH", f"{records}/{record}", values(colour="Red")).status == 200

    red, blue = (row["id"] for row in other.send("GET", f"{made}/fields/colour/options").content)
    assert (
        here.send("PATCH", f"{made}/fields/colour/options/{red}", {"name": "Crimson"}).status == 200
    )
    assert _colour(other, f"{records}/{record}") == "Crimson"
    replaced = here.send(
        "POST", f"{made}/fields/colour/options/{red}/replace", {"replacement_option_id": blue}
    )
    assert replaced.content == {"replaced_count": 1}
    assert _colour(other, f"{records}/{record}") == "Blue"

    assert here.send("PATCH", f"{made}/fields/colour", {"is_required": True}).status == 200
    assert other.send("POST", f"{records}/add", values(name="B")).code == "required"
    assert (
        here.send("PATCH", made, {"entity_display_name_pattern_text": "{name} in {colour}"}).status
        == 200
    )
    assert (
        other.send("GET", f"{records}/{record}").content["client_info"]["display_name"]
        == "A in Blue"
    )
    assert here.send("PATCH", made, {"entity_display_name_pattern_text": ""}).status == 200

    assert here.send("DELETE", f"{made}/fields/colour").status == 204
    assert other.send("PATCH", f"{records}/{record}", values(colour="Blue")).status == 400
    assert here.send("DELETE", made).status == 204
    assert other.send("GET", f"{records}/{record}").status == 404
    assert here.send("PATCH", f"{made}/unarchive").status == 200
    assert other.send("GET", f"{records}/{record}").status == 200


def _colour(line: Line, path: str) -> Any:
    (entry,) = line.send("GET", f"{path}?field_names=colour").content["fields"].values()
    return entry["value"]["name"]
