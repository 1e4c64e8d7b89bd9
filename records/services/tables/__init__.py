"""Tables from files: CSV, workbooks and JSON lines, with their columns, their rows, and the limits
of both.

Called by: importing. It knows no object, no field and no type: cells are texts, or values of JSON.
"""

from . import file_limits
from .csv_files import WORKBOOK, CsvTable, find_delimiter, numbered, open_table
from .encodings import UTF_8
from .framing import Frame, Unfinished, frame
from .json_files import JsonTable, is_json, open_json
from .table_rows import Row, sure_cells
from .workbook_reader import ChosenSheet, workbook_rows

__all__ = [
    "UTF_8",
    "WORKBOOK",
    "ChosenSheet",
    "CsvTable",
    "Frame",
    "JsonTable",
    "Row",
    "Unfinished",
    "file_limits",
    "find_delimiter",
    "frame",
    "is_json",
    "numbered",
    "open_json",
    "open_table",
    "sure_cells",
    "workbook_rows",
]
