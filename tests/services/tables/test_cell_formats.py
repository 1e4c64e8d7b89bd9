"""Numbers of cells show what a spreadsheet shows of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.services.tables.cell_formats import (
    iso_moment,
    plain_number,
    unescaped_text,
)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=6, min_value=-(10**8), max_value=10**8
    )
)
def test_a_number_of_fifteen_digits_is_shown_as_it_was_typed(number: Decimal) -> None:
    assert Decimal(plain_number(repr(float(number)))) == number


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P"])))
def test_only_escapes_are_unescaped(text: str) -> None:
    written = text.replace("_x", "_x005F_x")
    assert unescaped_text(written) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [("_xD83D__xDE00_", "_xD83D__xDE00_"), ("_x00e9_", "é"), ("a_x000D_b", "a\rb")],
)
def test_what_is_no_character_stays(written: str, text: str) -> None:
    assert unescaped_text(written) == text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("nonsense", "nonsense"),
        ("08:00", "08:00:00"),
    ],
)
def test_moments_keep_their_zone(cell: str, text: str) -> None:
    assert iso_moment(cell) == text
