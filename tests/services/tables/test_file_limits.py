"""A refusal at a limit names the file, the limit and what to do about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from records.exceptions import InvalidInput
from records.services.tables import file_limits as limits

REFUSALS: list[tuple[Callable[[str], InvalidInput], str, int, str]] = [
    (
        limits.too_many_columns,
        "MAX_COLUMNS",
        1_234,
        (
            "list.csv: a table can have at most 1,234 columns."
            " Remove the columns that are not imported."
        ),
    ),
    (
        limits.too_many_rows,
        "MAX_ROWS",
        2_500_000,
        "list.csv: a table can have at most 2,500,000 rows. Split the file into smaller ones.",
    ),
    (
        limits.too_long_cell,
        "MAX_CELL",
        9_000,
        "list.csv: a cell can have at most 9,000 characters. Shorten it.",
    ),
    (
        limits.TooLongRow,
        "MAX_ROW",
        10_000,
        (
            "list.csv: a row can have at most 10,000 characters. Shorten its cells, and check that each"
            " row ends with a line break and each quote closes."
        ),
    ),
    (
        limits.too_long_header,
        "MAX_HEADER",
        5_000,
        "list.csv: the name of a column can have at most 5,000 characters. Shorten it.",
    ),
]


@pytest.mark.parametrize(("refusal", "limit", "most", "message"), REFUSALS)
def test_a_refusal_names_the_limit_that_holds(
    monkeypatch: pytest.MonkeyPatch,
    refusal: Callable[[str], InvalidInput],
    limit: str,
    most: int,
    message: str,
) -> None:
    monkeypatch.setattr(limits, limit, most)

    refused = refusal("list.csv")

    assert (refused.code, refused.detail) == ("limit_exceeded", message)


def test_any_other_limit_is_reported_in_the_same_form() -> None:
    refused = limits.passed("list.xlsx", "a book can have at most 3 pages", limits.AS_CSV)

    assert refused.code == "limit_exceeded"
    assert refused.detail == (
        "list.xlsx: a book can have at most 3 pages. Save its first sheet as CSV."
    )


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("MAX_HEADER", "MAX_CELL"),
        ("MAX_CELL", "MAX_ROW"),
        ("MAX_COLUMNS", "SHEET_COLUMNS"),
        ("RATIO_FROM", "MAX_UNPACKED"),
        ("MAX_TOKEN", "MAX_PART"),
        ("SURVEY_PART", "MAX_UNPACKED"),
        ("SURVEY_ROWS", "SHEET_ROWS"),
    ],
)
def test_no_limit_is_out_of_reach_behind_another(smaller: str, larger: str) -> None:
    assert 0 < getattr(limits, smaller) < getattr(limits, larger)
