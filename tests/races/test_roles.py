"""Roles that many change at once: no leaf of a permission group is lost, and one role is the
default."""

from __future__ import annotations

from collections import Counter

from tests.calling import Line, play
from tests.serving import Site

from . import parts

PLAYERS = 6


def test_no_change_of_a_leaf_is_lost(raced: Site, line: Line) -> None:
    made = line.send("POST", "/api/permission-group", {"name": "Raced"}).content
    path = f"/api/permission-group/{made['id']}"
    objects = [each["custom_object_id"] for each in made["custom_objects"]][:2]
    fields = made["custom_objects"][0]["fields"][:2]
    leaves = [
        *(
            {"custom_object": {"id": key}, "key": control, "permission_level": level}
            for key in objects
            for control, level in (("create_record", 1), ("associated_records", 3))
        ),
        *(
            {
                "custom_object": {"id": objects[0]},
                "field": {"id": each["id"]},
                "permission_level": 1,
            }
            for each in fields
        ),
    ]
    calls = [[("PATCH", f"{path}/object-update", leaf) for leaf in leaves]]

    answers = play(raced.address, PLAYERS, parts.rounds, calls)

    assert [answer.status for of_one in answers for answer in of_one] == [200] * PLAYERS
    read = line.send("GET", path).content
    sections = {each["custom_object_id"]: each for each in read["custom_objects"]}
    for key in objects:
        assert sections[key]["create_record"] is True
        assert set(sections[key]["associated_records"].values()) == {True}
    switches = {each["id"]: each for each in sections[objects[0]]["fields"]}
    for each in fields:
        shown = switches[each["id"]]
        # Whether the object was granted before or after it.
        assert (shown["view"], shown["edit"]) == (True, False)
    assert raced.differences() == ""


def test_one_of_many_roles_is_the_default(raced: Site, line: Line) -> None:
    roles = [
        line.send("POST", "/api/role", {"name": f"Default {at}"}).content["id"]
        for at in range(PLAYERS)
    ]
    calls = [
        [("PATCH", f"/api/role/{key}", {"default_for_new_users": True}) for key in roles]
        for _ in range(3)
    ]

    answers = play(raced.address, PLAYERS, parts.rounds, calls)

    assert Counter(answer.status for of_one in answers for answer in of_one) == {200: 3 * PLAYERS}
    listed = line.send("GET", "/api/role").content["results"]
    assert sum(row["default_for_new_users"] for row in listed) == 1


def test_a_role_is_deleted_once(raced: Site, line: Line) -> None:
    made = [
        line.send("POST", "/api/role", {"name": f"Doomed {at}"}).content["id"] for at in range(3)
    ]
    calls = [[("DELETE", f"/api/role/{key}", None)] for key in made]

    answers = play(raced.address, PLAYERS, parts.rounds, calls)

    for of_the_round in zip(*answers, strict=True):
        assert Counter(answer.status for answer in of_the_round) == {204: 1, 404: PLAYERS - 1}
