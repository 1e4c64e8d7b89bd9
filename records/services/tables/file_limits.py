"""How much of a file is read: every bound of an import, and what is said where one is passed.

All are checked while the file streams by, so that what passes one costs no more than what does not.
`docs/decisions/hostile-files.md` has the measurements.
"""

from __future__ import annotations

from django.conf import settings

from records.exceptions import InvalidInput

# Set by the operator.
MAX_BYTES: int = settings.IMPORT_MAX_BYTES  # of the file as it is sent
MAX_ROWS: int = settings.IMPORT_MAX_ROWS  # blank ones included
MAX_COLUMNS: int = settings.IMPORT_MAX_COLUMNS

# Of a table, whatever its form.
MAX_HEADER = 1000  # characters of a column's name
MAX_CELL = 2 * 1024 * 1024  # characters; a value of JSON can have half of them
MAX_ROW = 4 * 1024 * 1024  # characters of all its cells, and of what separates them

# Of a workbook.
SHEET_ROWS = 2**20  # Excel has no more
SHEET_COLUMNS = 2**14  # likewise, blank ones included
MAX_UNPACKED = 1024 * 1024 * 1024  # bytes of all its parts
MAX_RATIO, RATIO_FROM = 100, 1024 * 1024  # of a part to its packed form; tables come to 10 or 20
MAX_DIRECTORY = 1024 * 1024  # bytes of the list of parts; some 10,000 parts
MAX_STRINGS = 8_000_000  # different texts in its cells
MAX_STYLES = 65_536  # different looks of cells
MAX_DEPTH = 100  # elements inside one another
MAX_TOKEN = 256 * 1024  # bytes of a tag with its attributes
MAX_PART = 4 * 1024 * 1024  # bytes of a part other than the sheet and its texts

# What is read while the caller waits for the answer to an upload. The rest is a job's.
SURVEY_ROWS = 100_000
SURVEY_CSV = 4 * 1024 * 1024  # characters
SURVEY_PART = 2 * 1024 * 1024  # bytes of the sheet, and of its texts

SPLIT = "Split the file into smaller ones."
LEAVE_OUT = "Remove the columns that are not imported."
SHORTEN = "Shorten it."
AS_CSV = "Save its first sheet as CSV."


def passed(called: str, limit: str, way_on: str) -> InvalidInput:
    """The refusal of a file that passes a limit: `limit` says which, `way_on` what to do."""
    return InvalidInput(f"{called}: {limit}. {way_on}", "limit_exceeded")


def too_many_columns(called: str) -> InvalidInput:
    return passed(called, f"a table can have at most {MAX_COLUMNS:,} columns", LEAVE_OUT)


def too_many_rows(called: str) -> InvalidInput:
    return passed(called, f"a table can have at most {MAX_ROWS:,} rows", SPLIT)


def too_long_cell(called: str) -> InvalidInput:
    return passed(called, f"a cell can have at most {MAX_CELL:,} characters", SHORTEN)


class TooLongRow(InvalidInput):
    """A row that passes its limit; `called` says which."""

    def __init__(self, called: str) -> None:
        super().__init__(
            f"{called}: a row can have at most {MAX_ROW:,} characters. Shorten its cells, and "
            "check that each row ends with a line break and each quote closes.",
            "limit_exceeded",
        )


def too_long_header(called: str) -> InvalidInput:
    return passed(
        called, f"the name of a column can have at most {MAX_HEADER:,} characters", SHORTEN
    )
