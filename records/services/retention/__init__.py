"""Where copies of values are, how long they stay, and how they leave.

`stores` is the register of all of them, `erased_copies` removes what is known of an erased record,
`sweeping` what is old, `orphans` files that nothing refers to.

Called by: writing, files, jobs, backup, the worker and commands. It never touches a live record.
"""

from .erased_copies import Erased, remove_later
from .stores import ANSWERS_KEPT, ORPHANS_KEPT, STORES, clear_orphans, erase_copies, sweep_stores
from .sweeping import remove_unused_upload

__all__ = [
    "ANSWERS_KEPT",
    "ORPHANS_KEPT",
    "STORES",
    "Erased",
    "clear_orphans",
    "erase_copies",
    "remove_later",
    "remove_unused_upload",
    "sweep_stores",
]
