"""What was answered when it was last looked at: status and code of every hostile request, the same on both engines.

`RECORD_ANSWERS=1 pytest tests/hostile` writes the table anew; what changed in it is then read as any change is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

TABLE = Path(__file__).with_name("recorded.json")


def check_recorded(chapter: str, answers: Mapping[str, Mapping[str, str]]) -> None:
    """`answers`, by place and by what was sent there, are those of the table."""
    grouped = {place: _grouped(of_place) for place, of_place in answers.items()}
    if os.environ.get("RECORD_ANSWERS"):
        _write({**_read(), chapter: grouped})
    assert grouped == _read()[chapter]


Row = dict[str, str]


def _grouped(answers: Mapping[str, str]) -> Row:
    """What was sent, by what was answered."""
    found: dict[str, list[str]] = {}
    for sent, answer in answers.items():
        found.setdefault(answer, []).append(sent)
    return {answer: " ".join(found[answer]) for answer in sorted(found)}


def _read() -> dict[str, dict[str, Row]]:
    table: dict[str, dict[str, Row]] = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    return table


def _write(table: Mapping[str, Mapping[str, Row]]) -> None:
    """One line for each place, so that a difference shows where."""
    chapters = []
    for chapter in sorted(table):
        lines = [f"    {json.dumps(place)}: {json.dumps(row)}" for place, row in sorted(table[chapter].items())]
        chapters.append(f"  {json.dumps(chapter)}: {{\n" + ",\n".join(lines) + "\n  }")
    TABLE.write_text("{\n" + ",\n".join(chapters) + "\n}\n")
