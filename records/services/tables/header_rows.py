"""Which row of a table names its columns, and which columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .table_rows import Row

# What names no column.
FIGURES = re.compile(r"[-+(]?[$€£]?[0-9][0-9.,:/\- %)]*")


def header_at(ahead: Sequence[Row]) -> int:
    """The row with the names: the first, unless it and all before another row of names are far
    narrower than most rows after that one, as titles are."""
    filled = [sum(map(bool, map(str.strip, row.cells))) for row in ahead]
    wide = [count > 1 and count * 2 > max(filled) for count in filled]
    if wide[0] or True not in wide:
        return 0
    at = wide.index(True)
    after = wide[at + 1 :]
    is_title = (
        2 * sum(after) > len(after)
        and names_columns(ahead[at].cells)
        and all(names_columns(row.cells[:1]) for row in ahead[:at])
    )
    return at if is_title else 0


def names_columns(cells: Sequence[str]) -> bool:
    """Whether all that stands in a row is names: words, each one once."""
    names = [cell.strip().casefold() for cell in cells if cell.strip()]
    return len(set(names)) == len(names) and not any(map(FIGURES.fullmatch, names))


def without_empty_end(cells: Sequence[str], following: Sequence[Row]) -> Sequence[str]:
    """The cells without blank ones at the end, under which there is nothing."""
    width = len(cells)
    while width and not cells[width - 1].strip() and not any(
        row.cells[width - 1].strip() for row in following if len(row.cells) >= width
    ):  # fmt: skip
        width -= 1
    return cells[:width]


def has_row_names(cells: Sequence[str], following: Sequence[Row]) -> bool:
    """Whether rows begin with a name that the header leaves out, as R writes them: every row has
    one cell more, and no name is there twice."""
    if not all(len(row.cells) == len(cells) + 1 for row in following):
        return False
    names = {row.cells[0].strip() for row in following}
    # A delimiter that is not quoted, as in `Smith, John`, makes one cell more, too.
    is_divided = any(row.cells[1][:1].isspace() for row in following)
    # One at the end of each row makes a blank cell.
    is_ended = not any(row.cells[-1].strip() for row in following)
    is_sure = len(following) > 1 or names == {"1"}
    is_named = "" not in names and len(names) == len(following)
    return is_sure and is_named and not is_divided and not is_ended
