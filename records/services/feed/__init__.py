"""The change feed: everything that has happened in a workspace, in the order of commits, as one
caller may see it.

`feed_pages` reads a page. Below it: `sight` (what a caller is told of a write), `definitions`
(histories of objects, fields and options), `ledger_rows` (the ledger behind a place), `cursors`
(places that callers were given), `marks` (what those keep of the caller), `epochs` (which history
the database has, and how far it is final). `waiting` lets requests wait for news together.

Called by: the interfaces and the command `migrate`. It records nothing: the ledger and the
histories of definitions are all there is.
"""

from .definitions import DefinitionChange
from .epochs import renew_feed
from .feed_pages import DEFAULT_LIMIT, MAX_LIMIT, Change, ChangePage, list_changes
from .waiting import MAX_WAIT, Waited, wait_for_changes

__all__ = [
    "DEFAULT_LIMIT",
    "MAX_LIMIT",
    "MAX_WAIT",
    "Change",
    "ChangePage",
    "DefinitionChange",
    "Waited",
    "list_changes",
    "renew_feed",
    "wait_for_changes",
]
