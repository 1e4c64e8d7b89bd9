"""Counts that every process of a server remembers, while others write."""

from __future__ import annotations

from tests.calling import Line, play
from tests.serving import Site

from . import parts
from .parts import COMPANIES, values


def test_no_process_remembers_a_count_that_is_no_more(raced: Site, line: Line) -> None:
    made = [
        line.send(
            "POST",
            f"{COMPANIES}/add",
            values(name=f"Coloured {at}", column_1=parts.COLOURS[at % 3]),
        )
        for at in range(12)
    ]

    seen = play(
        raced.address, 8, parts.count_between_writes, [answer.content["id"] for answer in made], 15
    )

    counted = [pair for pairs in seen for pair in pairs]
    assert len(set(counted)) > 5
    assert [pair for pair in counted if pair[0] != pair[1]] == []
    assert raced.differences() == ""
