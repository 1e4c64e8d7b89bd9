"""Roles as members meet them: which there are, which one new members get, what keys can do with
them."""

from __future__ import annotations

from records.exceptions import NotFound
from records.models import Extent, Role
from records.services.access import AREAS, Author
from records.services.catalogue import Grant, identifier_key


def default_member_role(workspace_id: int) -> Role | None:
    """The role of new members who are given none; None where no role is the default."""
    return Role.objects.filter(workspace_id=workspace_id, is_default=True).first()


def list_member_roles(author: Author) -> list[Role]:
    """The roles of the workspace, by name."""
    rows = Role.objects.filter(workspace_id=author.workspace.id)
    # As `list_roles` does: engines sort differently.
    return sorted(rows, key=lambda row: (identifier_key(row.name), row.pk))


def get_member_role(author: Author, role_id: int) -> Role:
    """A role by primary key; NotFound when the workspace does not have it."""
    found = Role.objects.filter(workspace_id=author.workspace.id, id=role_id).first()
    if found is None:
        raise NotFound
    return found


def granted_scopes(author: Author, role: Role) -> list[str]:
    """The scopes that a key of the role's members can make use of: the highest of each area."""
    if role.is_admin:
        return [f"{area}:admin" for area in AREAS]
    grants = author.directory.role(role.pk).grants.values()
    granted = ["members:read"]
    if any(grant.any for grant in grants):
        granted = ["datatypes:read", *granted]
    level = _level(list(grants))
    return [*granted, f"records:{level}"] if level else granted


def _level(grants: list[Grant]) -> str | None:
    """How far grants reach: read, write or admin."""
    none = Extent.NONE.value
    if any(grant.remove != none for grant in grants):
        return "admin"
    if any(grant.create or grant.edit != none for grant in grants):
        return "write"
    return "read" if any(grant.view != none for grant in grants) else None
