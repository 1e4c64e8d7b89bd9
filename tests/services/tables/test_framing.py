"""Tables begin where their columns are named; each column has a name of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.exceptions import InvalidInput
from records.services.tables import file_limits as limits
from records.services.tables.framing import Unfinished, column_names, frame, rows_below
from records.services.tables.table_rows import Row


def framed(*lines: str, header_row: int | None = None) -> tuple[tuple[str, ...], int, list[str]]:
    """The header, its line, and the other rows; cells are between commas."""
    rows = [Row(at, line.split(",")) for at, line in enumerate(lines, start=1)]
    found = frame(rows, "list.csv", header_row)
    return found.header, found.line, [",".join(row.cells) for row in found.rows]


@pytest.mark.parametrize(
    ("lines", "header", "line", "rows"),
    [
        (["a,b", "1,2"], ("a", "b"), 1, ["1,2"]),
        (["a,b", "1"], ("a", "b"), 1, ["1,"]),
        (["a,b", "2,2,3"], ("a", "b"), 1, ["2,2,3"]),
        (["a,b", "4,,3"], ("a", "b"), 1, ["4,,3"]),
        (["a,b", "1,2,, "], ("a", "b"), 1, ["1,2"]),
        (["a,b, , ", "1,2"], ("a", "b"), 1, ["1,2"]),
        (["a,b,", "1,2,3"], ("a", "b", "Column 3"), 1, ["1,2,3"]),
        (["a,,c", "1"], ("a", "Column 2", "c"), 1, ["1,,"]),
        ([",a", "x,1"], ("Column 1", "a"), 1, ["x,1"]),
        (["", " ", "a,b", "", "1,2", ","], ("a", "b"), 3, ["1,2"]),
        ([",,", "1,2,3", "4,,6"], ("Column 1", "Column 2", "Column 3"), 1, ["1,2,3", "4,,6"]),
        ([",", "1,2"], ("Column 1", "Column 2"), 1, ["1,2"]),
        ([",", "a,b", "1,2"], ("a", "b"), 2, ["1,2"]),
        (["", ",", "1,2", "3,4"], ("1", "2"), 3, ["3,4"]),
        (["Customers 2024", "name,num", "a,1"], ("name", "num"), 2, ["a,1"]),
        (["Report,May", "", "a,b,c,d,e", "1,2,3,4,5"], ("a", "b", "c", "d", "e"), 3, ["1,2,3,4,5"]),
        (["name", "A,7"], ("name",), 1, ["A,7"]),
        (["a,b", "1,5,6"], ("Column 1", "a", "b"), 1, ["1,5,6"]),
        (["a,b", "x,5,6", "y,7,8"], ("Column 1", "a", "b"), 1, ["x,5,6", "y,7,8"]),
        (["a", "x,5", "y,7"], ("Column 1", "a"), 1, ["x,5", "y,7"]),
        (["a,b", "x,5,6", "x,7,8"], ("a", "b"), 1, ["x,5,6", "x,7,8"]),
        (["a,b", "x,5,6", "y,7"], ("a", "b"), 1, ["x,5,6", "y,7"]),
        (["a,b", "x,5,", "y,7,", "z,8,9"], ("Column 1", "a", "b"), 1, ["x,5,", "y,7,", "z,8,9"]),
        (["a,b", "x,5,", "y,7,"], ("a", "b"), 1, ["x,5", "y,7"]),
        (
            ["name,age", "Smith, Jo,5", "Doe, Al,6"],
            ("name", "age"),
            1,
            ["Smith, Jo,5", "Doe, Al,6"],
        ),
        (["name", "x", "y"], ("name",), 1, ["x", "y"]),
        (["name", "x,x"], ("name",), 1, ["x,x"]),
        (["size", "1", "x,y", "4"], ("size",), 1, ["1", "x,y", "4"]),
        (["size", "x,y", "4", "5"], ("size",), 1, ["x,y", "4", "5"]),
        (["size", "x,y"], ("size",), 1, ["x,y"]),
    ],
)
def test_a_table_begins_with_the_names_of_its_columns(
    lines: list[str], header: tuple[str, ...], line: int, rows: list[str]
) -> None:
    assert framed(*lines) == (header, line, rows)


def test_the_row_of_the_names_can_be_said() -> None:
    assert framed(",", "1,2", header_row=1) == (("Column 1", "Column 2"), 1, ["1,2"])
    assert framed(",", "1,2", "3,4", header_row=2) == (("1", "2"), 2, ["3,4"])
    assert framed("a,b", "c,d", "1,2", header_row=2) == (("c", "d"), 2, ["1,2"])
    with pytest.raises(InvalidInput, match="has no row 9"):
        framed("a,b", header_row=9)


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["Name", "Phone", "Phone"], ("Name", "Phone", "Phone 2")),
        (["a", "A", "a 2"], ("a", "A 3", "a 2")),
        (["", "Column 1", ""], ("Column 1 2", "Column 1", "Column 3")),
    ],
)
def test_each_column_has_a_name_of_its_own(cells: list[str], names: tuple[str, ...]) -> None:
    assert column_names(cells, "list.csv")[0] == names


@given(st.lists(st.sampled_from(["", "a", "A", "a 2", "A 3", "Column 1", "Column 2", "b"])))
def test_names_are_never_the_same_and_the_first_of_each_is_kept(cells: list[str]) -> None:
    names, nameless = column_names(cells, "list.csv")

    assert len({name.casefold() for name in names}) == len(cells)
    assert nameless == {at for at, cell in enumerate(cells) if not cell}
    for at, cell in enumerate(cells):
        first = cell.casefold() not in [other.casefold() for other in cells[:at]]
        assert (names[at] == cell) is (first and bool(cell))


def test_a_header_has_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_COLUMNS", 2)
    assert framed("a,b")[0] == ("a", "b")
    with pytest.raises(InvalidInput, match="at most 2 columns"):
        framed("a,b,c")
    with pytest.raises(InvalidInput, match="null character"):
        framed("a\x00")
    monkeypatch.setattr(limits, "MAX_HEADER", 3)
    with pytest.raises(InvalidInput, match="at most 3 characters"):
        framed("abcd")


def test_a_survey_that_ends_among_the_first_rows_tells_them() -> None:
    def rows() -> Iterator[Row]:
        yield Row(1, ["a"])
        yield Row(2, ["1"])
        raise Unfinished

    found = frame(rows(), "list.csv")
    assert (found.header, next(found.rows)) == (("a",), Row(2, ["1"]))
    with pytest.raises(Unfinished):
        next(found.rows)
    with pytest.raises(Unfinished):
        frame(rows(), "list.csv", 5)


def test_the_rows_of_a_known_table_are_those_below_its_header() -> None:
    rows = [Row(1, ["Title"]), Row(3, ["a", "b"]), Row(4, ["", " "]), Row(5, ["1"])]
    assert list(rows_below(rows, 3, 2)) == [Row(5, ["1", ""])]
