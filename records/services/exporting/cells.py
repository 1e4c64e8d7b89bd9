"""Texts in the cells of a table: no spreadsheet runs them, and an import reads them back."""

from __future__ import annotations

# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def escaped(text: str) -> str:
    """A text that no spreadsheet runs: one that looks like a formula begins with an apostrophe."""
    # A text that already begins with apostrophes gets one more, which unescaping removes.
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def unescaped(cell: str) -> str:
    """The text that was escaped."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(FORMULA) else cell
