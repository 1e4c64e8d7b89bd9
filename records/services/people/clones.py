"""Copying a data type together with what roles may do with it."""

from __future__ import annotations

from records.models import Role
from records.services.access import Definer, defining
from records.services.shaping import clone_object

from .role_grants import GrantChanges, read_grants, write_grants


@defining
def clone_data_type(author: Definer, data_type_id: int, name: str = "", slug: str = "") -> int:
    """Copy a type's definition, as `clone_object` does, and the grants on it; its primary key."""
    made = clone_object(author, data_type_id, name, slug)
    roles = Role.objects.filter(workspace_id=author.workspace.id).values_list("id", flat=True)
    for role_id, grants in read_grants(author.workspace.id, list(roles)).items():
        own = grants.objects.get(data_type_id)
        objects = {} if own is None else {made.id: own}
        switches = {
            made.fields[key]: switch
            for key, switch in grants.switches.items()
            if key in made.fields
        }
        if objects or switches:
            write_grants(author, role_id, GrantChanges(objects, switches))
    return made.id
