"""What was answered when it was last looked at: status and code of every hostile request, the same
on both engines.

`RECORD_ANSWERS=1 pytest tests/hostile` writes the table anew; what changed in it is then read as
any change is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

TABLE = Path(__file__).with_name("recorded.json")


Rows = dict[str, list[str]]


def check_recorded(chapter: str, answers: Mapping[str, Mapping[str, str]]) -> None:
    """`answers`, by place and by what was sent there, are those of the table."""
    rows = _rows(answers)
    if os.environ.get("RECORD_ANSWERS"):
        _write({**_read(), chapter: rows})
    differences = [*_differences(rows, _read().get(chapter, {}))]
    assert not differences, "\n".join(
        [f"{chapter}: answers that are not those of {TABLE.name}:", *differences]
    )


def _differences(found: Rows, kept: Rows) -> Iterator[str]:
    """The places that answer otherwise than the table says."""
    rows, kept_rows = (
        {place: row for row, places in held.items() for place in places} for held in (found, kept)
    )
    for place in sorted(rows.keys() | kept_rows.keys()):
        if rows.get(place) != kept_rows.get(place):
            yield f"  {place}\n    now    {rows.get(place)}\n    table  {kept_rows.get(place)}"


def _rows(answers: Mapping[str, Mapping[str, str]]) -> Rows:
    """The places that answer alike, by what they answer to what."""
    rows: Rows = {}
    for place, of_place in answers.items():
        sent: dict[str, list[str]] = {}
        for what, answer in of_place.items():
            sent.setdefault(answer, []).append(what)
        row = "; ".join(f"{answer}: {' '.join(sent[answer])}" for answer in sorted(sent))
        rows.setdefault(row, []).append(place)
    return rows


def _read() -> dict[str, Rows]:
    table: dict[str, Rows] = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    return table


def _write(table: Mapping[str, Rows]) -> None:
    """One line for each row, so that a difference shows where."""
    chapters = []
    for chapter in sorted(table):
        lines = [
            f"    {json.dumps(row)}: {json.dumps(places)}"
            for row, places in sorted(table[chapter].items())
        ]
        chapters.append(f"  {json.dumps(chapter)}: {{\n" + ",\n".join(lines) + "\n  }")
    TABLE.write_text("{\n" + ",\n".join(chapters) + "\n}\n")
