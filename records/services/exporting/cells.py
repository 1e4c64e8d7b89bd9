"""Values as cells of a table: what an import of the same cells reads back."""

from __future__ import annotations

from typing import Any

# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


# What stands for a thing that is shown as an object, the first that it has.
NAMES = ("amount", "email", "name", "display_name", "id")


def escaped(text: str) -> str:
    """A text that no spreadsheet runs: one that looks like a formula begins with an apostrophe."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def unescaped(cell: str) -> str:
    """The text that was escaped."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(FORMULA) else cell


def cell_text(value: Any) -> str:
    """What a caller reads of a value, as one line of text: lists by semicolons, things by their names."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "; ".join(cell_text(item) for item in value)
    if isinstance(value, dict):
        return cell_text(next((value[key] for key in NAMES if value.get(key) is not None), None))
    return str(value)
