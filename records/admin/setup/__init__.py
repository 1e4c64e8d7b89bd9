"""The set-up of a workspace: its objects, people, keys and what it is connected with. One module
per thing; each registers its pages with Django's admin."""

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
