"""The staff's workbench: records per object, and the set-up of a workspace. One module per thing."""

from . import fields, keys, members, objects, roles, users, workspaces

__all__ = ["fields", "keys", "members", "objects", "roles", "users", "workspaces"]
