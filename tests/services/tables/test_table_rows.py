"""The rows of a file."""

from __future__ import annotations

from records.services.tables.table_rows import Row, sure_cells


def test_a_row_knows_which_of_its_cells_are_no_texts() -> None:
    row = Row(1, ["a", "1", "2026-01-01"], sure=0b110)
    assert [row.is_sure(at) for at in range(4)] == [False, True, True, False]
    assert not Row(1, ["1"]).is_sure(0)


def test_of_a_column_the_cells_that_are_no_texts_are_told() -> None:
    sure = sure_cells([Row(1, ["a", "1"], sure=0b10), Row(2, ["b", "2"])])
    assert [list(sure(at)) for at in range(3)] == [[], [True, False], []]
    assert list(sure_cells([])(0)) == []
