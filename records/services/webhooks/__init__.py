"""Webhooks: changes, sent to the addresses that a workspace has given, as a member may see them.

The change feed is the source: a webhook holds a place in it. `endpoints` sets webhooks up,
`told_filters` names what they tell, `queueing` reads the feed and notes deliveries (which hold no
values), `payloads` makes a message from the ledger each time it is sent, `posting` and `signing`
send it, `outcomes` and `schedule` say what follows, and `courier` is the part of a worker that does
all this. `deliveries` is the log, with sending again; `stopping` says why a webhook was stopped,
`conditions` which changes one of the Workspace API tells, `trying` sends a sample.

Called by: the interfaces and the worker command. It is no part of any write: nothing in `writing`
knows of it. It never stores what it sends, and never follows a redirect.
"""

from records.models import Webhook, WebhookForm
from records.models import WebhookDelivery as Delivery

from .courier import Courier
from .deliveries import (
    STATES,
    get_delivery,
    health_of,
    list_deliveries,
    replay_delivery,
    replay_range,
)
from .endpoints import (
    WebhookSettings,
    check_manages,
    create_webhook,
    delete_webhook,
    get_webhook,
    list_webhooks,
    reseal_webhooks,
    rotate_secret,
    update_webhook,
)
from .events import EVENTS, WORKSPACE_EVENTS, WORKSPACE_NAMES
from .posting import Sent
from .stopping import reason_of
from .told_filters import FilterNames, filter_names, find_fields, find_objects
from .trying import try_webhook

__all__ = [
    "EVENTS",
    "STATES",
    "WORKSPACE_EVENTS",
    "WORKSPACE_NAMES",
    "Courier",
    "Delivery",
    "FilterNames",
    "Sent",
    "Webhook",
    "WebhookForm",
    "WebhookSettings",
    "check_manages",
    "create_webhook",
    "delete_webhook",
    "filter_names",
    "find_fields",
    "find_objects",
    "get_delivery",
    "get_webhook",
    "health_of",
    "list_deliveries",
    "list_webhooks",
    "reason_of",
    "replay_delivery",
    "replay_range",
    "reseal_webhooks",
    "rotate_secret",
    "try_webhook",
    "update_webhook",
]
