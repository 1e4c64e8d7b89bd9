"""The entries of a list of JSON are found, whatever is in them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from records.services.tables import file_limits as limits
from records.services.tables import json_lists
from records.services.tables.json_lists import list_entries


def entries(text: str) -> list[str]:
    return list(list_entries(io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8", newline="")))


ODD: list[Any] = [
    {"a": 'x, "y" ] } [ {', "b": [1, {"c": [2, "],"]}]},
    {"a": "\\", "b": '\\"', "c": "\n"},
    {},
    [],
    "a, b",
    1,
    None,
    {"é": "\U0001f600"},
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 16])
@pytest.mark.parametrize("indent", [None, 2])
def test_entries_are_those_of_the_list(
    monkeypatch: pytest.MonkeyPatch, size: int, indent: int | None
) -> None:
    monkeypatch.setattr(json_lists, "CHUNK", size)
    text = json.dumps(ODD, indent=indent)

    found = entries(text)

    assert [json.loads(entry) for entry in found] == ODD


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[]", []),
        ("[1,, 2,]", ["1", "2"]),
        ("[1] 2 [3]", ["1", "2", "3"]),
        ("[1]]", ["1", "]"]),
    ],
)
def test_what_is_no_list_is_left_to_the_reader_of_entries(text: str, found: list[str]) -> None:
    assert entries(text) == found


@pytest.mark.parametrize(
    "text", ["[", "[1, 2", '[{"a": 1}', '[{"a": 1},', '[{"a": 1}, {"a"', '[1, "2, 3]', '[1], "2']
)
def test_a_list_that_is_cut_off_is_told(text: str) -> None:
    with pytest.raises(EOFError, match="cut off"):
        entries(text)


def test_a_long_entry_is_not_kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lists, "CHUNK", 4)
    monkeypatch.setattr(limits, "MAX_ROW", 10)

    entry, second = entries(f'["{"x" * 100}", 2]')

    assert 10 < len(entry) < 20
    assert second == "2"
