"""Cells that no spreadsheet runs, and that an import reads back as they were."""

from __future__ import annotations

import pytest

from records.services.exporting.cells import escaped, unescaped

PLAIN = ["", "Acme", "1,5", "a=b", "'quoted'", "'", "''", " =1"]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''=1"]


@pytest.mark.parametrize("text", [*PLAIN, *FORMULAS])
def test_what_is_escaped_comes_back(text: str) -> None:
    assert unescaped(escaped(text)) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_like_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert escaped(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert escaped(text) == text
