"""Merges that cross each other, and writes to the records they merge: nothing is lost or doubled."""

from __future__ import annotations

from typing import Any

from tests.calling import Line, play
from tests.serving import Site

from . import parts
from .parts import COMPANIES, PEOPLE, values

ROUNDS = 12


def make(line: Line, path: str, name: str) -> str:
    answer = line.send("POST", f"{path}/add", values(name=name))
    assert answer.status == 200, answer
    return str(answer.content["id"])


def merging(into: str, *merged: str) -> tuple[str, str, dict[str, Any]]:
    return "POST", f"{COMPANIES}/merge", {"into": into, "from": list(merged)}


def columns(line: Line, path: str) -> dict[str, Any]:
    fields = line.send("GET", path).content["fields"]
    return {entry["name"]: entry["value"] for entry in fields.values()}


def test_two_merges_of_each_other_leave_one_record(raced: Site, line: Line) -> None:
    pairs = [
        [make(line, COMPANIES, f"Crossing {at} {mark}") for mark in "ab"] for at in range(ROUNDS)
    ]
    calls = [[merging(first, second), merging(second, first)] for first, second in pairs]

    answers = play(raced.address, 2, parts.rounds, calls)

    for pair, of_the_round in zip(pairs, zip(*answers, strict=True), strict=True):
        assert sorted(answer.status for answer in of_the_round) == [200, 409], of_the_round
        ids = {line.send("GET", f"{COMPANIES}/{uuid}").content["id"] for uuid in pair}
        assert len(ids) == 1
        assert ids <= set(pair)
    assert raced.differences() == ""


def test_a_ring_of_merges_leaves_somebody(raced: Site, line: Line) -> None:
    rings = [
        [make(line, COMPANIES, f"Ring {at} {mark}") for mark in "abcd"] for at in range(ROUNDS)
    ]
    calls = [
        [merging(ring[at], ring[(at + 1) % len(ring)]) for at in range(len(ring))] for ring in rings
    ]

    answers = play(raced.address, 4, parts.rounds, calls)

    for ring, of_the_round in zip(rings, zip(*answers, strict=True), strict=True):
        assert {answer.status for answer in of_the_round} <= {200, 409}, of_the_round
        merges = sum(answer.status == 200 for answer in of_the_round)
        ids = {line.send("GET", f"{COMPANIES}/{uuid}").content["id"] for uuid in ring}
        assert len(ids) == len(ring) - merges > 0
    assert raced.differences() == ""


def test_what_is_written_to_a_record_that_is_merged_reaches_the_survivor(
    raced: Site, line: Line
) -> None:
    made = []
    for at in range(3 * ROUNDS):  # a link that came between two locks was lost once in a hundred
        into, loser = (make(line, COMPANIES, f"Written {at} {mark}") for mark in "ab")
        made.append((into, loser, make(line, PEOPLE, f"Linking {at}")))
    calls = [
        [
            merging(into, loser),
            ("PATCH", f"{COMPANIES}/{loser}", values(column_0="kept", counter=7)),
            ("PATCH", f"{PEOPLE}/{person}", values(employer=loser)),
        ]
        for into, loser, person in made
    ]

    answers = play(raced.address, 3, parts.rounds, calls)

    for (into, loser, person), of_the_round in zip(made, zip(*answers, strict=True), strict=True):
        assert {answer.status for answer in of_the_round} == {200}, of_the_round
        held = columns(line, f"{COMPANIES}/{loser}")
        assert (held["column_0"], held["counter"]) == ("kept", 7)
        assert line.send("GET", f"{COMPANIES}/{loser}").content["id"] == into
        assert columns(line, f"{PEOPLE}/{person}")["employer"]["id"] == into
    assert raced.differences() == ""
