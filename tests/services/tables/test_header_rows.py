"""Which row of a table names its columns."""

from __future__ import annotations

import pytest

from records.services.tables.header_rows import (
    has_row_names,
    header_at,
    names_columns,
    without_empty_end,
)
from records.services.tables.table_rows import Row


def rows(*lines: str) -> list[Row]:
    return [Row(at, line.split(",")) for at, line in enumerate(lines, start=1)]


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (["a,b,c", "1,2,3"], 0),
        (["Report", "a,b,c", "1,2,3", "4,5,6"], 1),
        (["Report", "1,2,3", "4,5,6"], 0),
        (["a,b", "c"], 0),
    ],
)
def test_titles_above_the_names_are_passed_over(lines: list[str], at: int) -> None:
    assert header_at(rows(*lines)) == at


@pytest.mark.parametrize(
    ("cells", "are"),
    [(["a", "b"], True), (["a", "A"], False), (["a", "12.50"], False), (["", "a", ""], True)],
)
def test_names_are_words_each_one_once(cells: list[str], are: bool) -> None:
    assert names_columns(cells) is are


@pytest.mark.parametrize(
    ("cells", "lines", "kept"),
    [(["a", "", ""], ["1,,"], 1), (["a", "", ""], ["1,2,"], 2), (["a", "b"], ["1"], 2)],
)
def test_blank_names_over_nothing_are_left_out(
    cells: list[str], lines: list[str], kept: int
) -> None:
    assert list(without_empty_end(cells, rows(*lines))) == cells[:kept]


@pytest.mark.parametrize(
    ("lines", "has"),
    [
        (["r1,1,2", "r2,3,4"], True),
        (["r1,1,2", "r1,3,4"], False),
        (["r1,1", "r2,3"], False),
        (["r1,1,", "r2,3,"], False),
        (["Smith, John,1", "Jones, Ann,2"], False),
        (["1,1,2"], True),
        (["x,1,2"], False),
    ],
)
def test_row_names_are_one_cell_more_than_the_header_has(lines: list[str], has: bool) -> None:
    assert has_row_names(["a", "b"], rows(*lines)) is has
