"""Quotes that close nothing are read as they are written, and cost little."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.services.tables import file_limits as limits
from records.services.tables import stray_quotes
from records.services.tables.stray_quotes import Lines, split_rows


def split(text: str, delimiter: str = ",") -> tuple[list[list[str]], list[int]]:
    lines, odd, rows = Lines(io.StringIO(text, newline=""), "list.csv"), list[int](), []
    for row in split_rows(lines, delimiter, odd):
        rows.append(list(row))
        lines.end_row()
    return rows, odd


@pytest.mark.parametrize(
    ("text", "rows", "odd"),
    [
        ('a,b\n"1\n2",3\n', [["a", "b"], ["1\n2", "3"]], []),
        ('"open,4\n5,6\n', [['"open', "4"], ["5", "6"]], [1]),
        ('x\n"a" b,"c,d"\ny\n', [["x"], ['"a" b', "c,d"], ["y"]], [2]),
        ('"a" b,"c""d","\n', [['"a" b', 'c"d', '"']], [1]),
        ('"a,\n"b,\n"c,\n', [['"a', ""], ['"b', ""], ['"c', ""]], [1, 2, 3]),
        ('a,"b\n"c",d\n', [["a", '"b'], ["c", "d"]], [1]),
        ('"a" b', [['"a" b']], [1]),
    ],
)
def test_a_stray_quote_is_part_of_its_cell(
    text: str, rows: list[list[str]], odd: list[int]
) -> None:
    assert split(text) == (rows, odd)


cells = st.text(st.sampled_from('ab",;\n 1'), max_size=6)


@given(st.lists(st.lists(cells, min_size=2, max_size=3), min_size=1, max_size=5))
def test_what_a_writer_of_csv_writes_is_read_as_by_any_reader(table: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(table)
    assert split(file.getvalue()) == (table, [])


@given(st.text(st.sampled_from('ab",\n'), max_size=40))
def test_no_text_is_refused_and_no_letter_lost(text: str) -> None:
    rows, _ = split(text)
    read = "".join("".join(row) for row in rows)
    assert [mark for mark in read if mark in "ab"] == [mark for mark in text if mark in "ab"]


def test_rows_have_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ROW", 20)
    with pytest.raises(limits.TooLongRow):
        split('"a\n' + "b,c\n" * 5)
    with pytest.raises(limits.TooLongRow, match="line 2: a row can have at most 20 characters"):
        split("a\n" + "b" * 21)


def test_reading_again_has_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stray_quotes, "MOST_AGAIN", 10)
    with pytest.raises(csv.Error):
        split('"a" b\n' * 5)
