"""Records as tables: CSV, JSON lines and workbooks, a page of records at a time.

Called by: operations; tables and importing read its lines and undo its escapes. It never searches
on its own: the search is a parameter.
"""

from .cells import escaped, unescaped
from .json_lines import NoRow, Numeral, read_line, shown_cell
from .listing_export import export_listing
from .table_export import CONTENT_TYPES, export_table, exported_fields

__all__ = [
    "CONTENT_TYPES",
    "NoRow",
    "Numeral",
    "escaped",
    "export_listing",
    "export_table",
    "exported_fields",
    "read_line",
    "shown_cell",
    "unescaped",
]
