"""The change feed: everything that has happened in a workspace, in the order of commits, as one
caller may see it.

`feed_pages` reads a page. Below it: `page_rows` (its rows, in one order), `told_changes` (a change
as it is told), `shown_values` (how values are shown), `sight` (what a caller is told of a write),
`definitions` (histories of objects, fields and options), `ledger_rows` (the ledger behind a place),
`cursors` (places that callers were given), `marks` (what those keep of the caller), `epochs` (which
history the database has, and how far it is final). `waiting` lets requests wait for news together,
`contents` shows a change as JSON.

Called by: webhooks, the interfaces and the command `migrate`. It records nothing: the ledger and
the histories of definitions are all there is.
"""

from .contents import change_content
from .cursors import is_behind
from .definitions import DefinitionChange
from .epochs import renew_feed
from .feed_pages import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    ChangePage,
    check_place,
    cursor_of_now,
    find_change,
    follow_changes,
    list_changes,
)
from .told_changes import Change
from .waiting import MAX_WAIT, Mark, Waited, newest_rows, wait_for_changes

__all__ = [
    "DEFAULT_LIMIT",
    "MAX_LIMIT",
    "MAX_WAIT",
    "Change",
    "ChangePage",
    "DefinitionChange",
    "Mark",
    "Waited",
    "change_content",
    "check_place",
    "cursor_of_now",
    "find_change",
    "follow_changes",
    "is_behind",
    "list_changes",
    "newest_rows",
    "renew_feed",
    "wait_for_changes",
]
