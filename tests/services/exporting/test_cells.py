"""Cells that no spreadsheet runs, and that an import reads back as they were."""

from __future__ import annotations

import pytest

from records.services.exporting.cells import escaped, unescaped

PLAIN = [
    "",
    "Acme",
    "1,5",
    "a=b",
    "'quoted'",
    "'",
    "''",
    " ",
    " a=1",
    "\u200b",
    "\ufeffx",
    " '=1",
    "Åse",
]
SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "−"]  # noqa: RUF001
BEFORE = [
    *(
        "",
        " ",
        "  ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\x0b",
        "\x00",
        "\x1f",
        "\x7f",
        "\x85",
        "\u00a0",
        "\u00ad",
    ),
    *(
        "\u034f",
        "\u1680",
        "\u180e",
        "\u2003",
        "\u200b",
        "\u200d",
        "\u200e",
        "\u2028",
        "\u2029",
        "\u202e",
    ),
    *(
        "\ufe0f",
        "\ufe00",
        "\U000e0100",
        "\u180b",
        "\u0301",
        "\ufff0",
        "\u202f",
        "\u205f",
        "\u2060",
        "\u2066",
        "\u2800",
        "\u3000",
        "\u3164",
        "\ufeff",
        "\uffa0",
        " \u200b\n",
    ),
]
FORMULAS = [
    *(f"{before}{sign}1+1" for before in BEFORE for sign in SIGNS),
    *(
        "@SUM(A1)",
        "=cmd|' /C calc'!A0",
        "+cmd|' /C calc'!A0",
        "\tx",
        "\rx",
        "\nx",
        "'=1",
        "''=1",
        "' =1",
    ),
]


@pytest.mark.parametrize("text", [*PLAIN, *FORMULAS])
def test_what_is_escaped_comes_back(text: str) -> None:
    assert unescaped(escaped(text)) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_like_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert escaped(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert escaped(text) == text
