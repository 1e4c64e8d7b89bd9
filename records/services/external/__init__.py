"""Objects whose records live elsewhere: every operation on them is a call of an upstream.

`external_records` is the home of such records, and `sources` sets sources up. Below them: `calls`
(one call, what is checked before it and the row it leaves), `write_answers` (what came of a write),
`listing`, `limits` (how many at once, and none for a while where they keep failing), `sending`
(HTTP to vetted addresses, within a time and a size), `json_mapping` and `ids`.

Called by: operations and the admin; webhooks send with `sending`. It never stores a value here.
"""

from . import external_records
from .addresses import is_opened, may_be_public
from .connection_test import try_connection
from .sending import Failed, Request, send
from .sources import (
    METHODS,
    USUAL_METHODS,
    create_source,
    delete_source,
    reseal_secrets,
    update_source,
)

__all__ = [
    "METHODS",
    "USUAL_METHODS",
    "Failed",
    "Request",
    "create_source",
    "delete_source",
    "external_records",
    "is_opened",
    "may_be_public",
    "reseal_secrets",
    "send",
    "try_connection",
    "update_source",
]
