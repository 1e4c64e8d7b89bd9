"""Records as tables: CSV, JSON lines and workbooks, a page of records at a time.

Called by: operations; importing undoes its escapes. It never searches on its own: the search is a
parameter.
"""

from .cells import escaped, unescaped
from .table_export import CONTENT_TYPES, export_table, exported_fields

__all__ = ["CONTENT_TYPES", "escaped", "export_table", "exported_fields", "unescaped"]
