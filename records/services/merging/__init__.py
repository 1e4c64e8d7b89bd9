"""Merging records of one object: one of them survives, and the others lead to it.

`merge` carries a merge out, `rules` reads what its caller asks of fields, `combining` makes one
value of several, `relinking` points the links of other records at the survivor, `companions` moves
files, activities and whatever else stands beside a record.

Called by: undoing, which takes a merge back and does it again, operations and the interfaces. It
writes values, links and states by the write path only.
"""

from .choices import RULES
from .companions import move_companions, take_companions_back
from .merge import MAX_MERGED, Merge, merge_records
from .relinking import RELINKED, Kept, relink, take_links_back

__all__ = [
    "MAX_MERGED",
    "RELINKED",
    "RULES",
    "Kept",
    "Merge",
    "merge_records",
    "move_companions",
    "relink",
    "take_companions_back",
    "take_links_back",
]
