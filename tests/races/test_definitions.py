"""Definitions change while records are written: every record is as the definition wants it that
holds in the end."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.calling import Line, play
from tests.serving import Site

from . import parts


def test_records_are_written_while_their_definition_changes(raced: Site, line: Line) -> None:
    made = line.send(
        "POST",
        "/api/custom-objects",
        {"object_name": "Shifting things", "entity_name": "Shifting thing"},
    )
    assert made.status == 201, made
    path = f"/api/custom-objects/{made.content['name']}"
    fields = {}
    for label, kind in (("A", "text"), ("B", "integer"), ("C", "text"), ("Tags", "dynamictags")):
        sent = {"category": "General", "display_name": label, "field_type": kind}
        fields[label] = line.send("POST", f"{path}/fields", sent).content["id"]

    some = [fields[label] for label in "ABC"]
    with ThreadPoolExecutor(1) as aside:
        playing = aside.submit(
            play, raced.address, 10, parts.define_or_write, made.content["name"], some, 20
        )
        while not playing.done():
            assert raced.differences() == ""
    played = playing.result()

    met = sum(played, Counter[int]())
    assert set(met) <= {200, 201, 204, 400, 404, 409}, met
    assert sum(played[2:], Counter[int]())[200] > 0
    assert raced.differences() == ""


def test_names_that_show_other_names_stay_true(raced: Site, line: Line) -> None:
    for label in ("Boats", "Sailors"):
        assert (
            line.send(
                "POST", "/api/custom-objects", {"object_name": label, "entity_name": label}
            ).status
            == 201
        )
    relation = {"related_object": "boats", "relation_type": "primary", "related_name": "Crew"}
    field = {
        "category": "General",
        "display_name": "Boat",
        "field_type": "relationship",
        "relation": relation,
    }
    assert line.send("POST", "/api/custom-objects/sailors/fields", field).status == 201
    shown = {"entity_display_name_pattern_text": "{name} of {boat}"}
    assert line.send("PATCH", "/api/custom-objects/sailors", shown).status == 200

    def make(path: str, name: str) -> str:
        return str(
            line.send("POST", f"/api/records/{path}/add", parts.values(name=name)).content["id"]
        )

    boats = [make("boats", f"Boat {at}") for at in range(40)]
    sailors = [[make("sailors", f"Sailor {at} {mate}") for mate in range(6)] for at in range(40)]

    met = sum(play(raced.address, 6, parts.rename_or_link, boats, sailors), Counter[int]())

    assert set(met) == {200}
    assert raced.differences() == ""
