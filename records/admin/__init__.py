"""The staff's workbench: records per object, and the set-up of a workspace. One module per
thing."""

from . import (
    external_sources,
    fields,
    keys,
    log_in,
    members,
    objects,
    roles,
    users,
    webhooks,
    workspaces,
)

__all__ = [
    "external_sources",
    "fields",
    "keys",
    "log_in",
    "members",
    "objects",
    "roles",
    "users",
    "webhooks",
    "workspaces",
]
