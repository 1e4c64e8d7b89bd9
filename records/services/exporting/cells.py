"""Texts in the cells of a table: no spreadsheet runs them, and an import reads them back."""

from __future__ import annotations

import unicodedata

# What a spreadsheet takes for the beginning of a formula; NFKC makes the same of wide and small
# forms of these signs.
SIGNS = frozenset("=+-@")
WIDE_SIGNS = (
    "\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212\u207a\u207b\u207c\u208a\u208b\u208c"
)
# Programs may pass over what is not seen before such a sign: white space, controls, marks that go
# with the letter before them, and characters without a form of their own (of these categories, and
# some fillers that count as letters).
UNSEEN = frozenset({"Cc", "Cf", "Cn", "Mn", "Me", "Zs", "Zl", "Zp"})
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def escaped(text: str) -> str:
    """A text that no spreadsheet runs: one that looks like a formula begins with an apostrophe."""
    # The fast path: this runs once per cell.
    if text[:1].isalnum() and text[0] not in FILLERS:
        return text
    # A text that already begins with apostrophes gets one more, which unescaping removes.
    return f"'{text}" if _is_formula_like(text.lstrip("'")) else text


def unescaped(cell: str) -> str:
    """The text that was escaped."""
    return cell[1:] if cell[:1] == "'" and _is_formula_like(cell.lstrip("'")) else cell


def _is_formula_like(text: str) -> bool:
    if not text:
        return False
    if text[0] in "\t\r\n":  # may be taken for the end of the cell before it
        return True
    seen = next((mark for mark in text if not _is_unseen(mark)), "")
    return seen in SIGNS or (seen != "" and seen in WIDE_SIGNS)


def _is_unseen(mark: str) -> bool:
    return mark in FILLERS or unicodedata.category(mark) in UNSEEN
