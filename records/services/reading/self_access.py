"""The Workspace API's access rules: members may use their own records; those of others need role
and scope.

Read-only keys, which write nothing, and the scope that deletion needs are rules of the write path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from records.exceptions import Conflict, NotAllowed, NotFound
from records.models import Extent, ObjectType
from records.services.access import Author, has_scope, is_own
from records.services.catalogue import MemberSpec, ObjectSchema, schema_in_any_state
from records.services.storage import RecordRow

_CHANGED = "The data type has changed in the meantime; try again."


def with_self_access(author: Author, *, is_acting: bool = False) -> Author:
    """The author, allowed to see and change their own records whatever their role grants.

    A key without the scope to write cannot change the records of others, whatever the role grants;
    one that is acting for a member changes nothing then, for that member's records are not its own.
    """
    without = Extent.NONE if is_acting else Extent.OWN
    reaches = Extent.ALL if has_scope(author, "records", "write") else without
    return replace(author, role=replace(author.role, owns=True, reaches=reaches.value))


def get_type_schema(author: Author, data_type_id: int) -> ObjectSchema:
    """A data type whose records may be written; to admins an archived one is a Conflict, and any
    other number is NotFound."""
    if data_type_id not in author.directory.objects:
        check_type_archived(author, id=data_type_id)
        raise NotFound
    return author.directory.schema(data_type_id)


def get_readable_type(author: Author, data_type_id: int) -> ObjectSchema:
    """A data type whose records may be read: a live one, for admins an archived one too."""
    if data_type_id not in author.directory.objects and not _archived(author, id=data_type_id):
        raise NotFound
    return schema_in_any_state(author.directory, data_type_id)


def check_type_archived(author: Author, **key: Any) -> None:
    """Conflict where a type that was archived when the request came has this key and the author is
    an admin, who may know it."""
    for archived_at in _archived(author, **key):
        # It may have come back since.
        raise Conflict(_CHANGED) if archived_at is None else type_archived()


def type_archived() -> Conflict:
    """What an admin is told who writes records of an archived type."""
    return Conflict("The data type is archived: unarchive it to write its records.", "archived")


def _archived(author: Author, **key: Any) -> list[datetime | None]:
    """When the type with this key was archived, which the author's definitions do not have."""
    if not author.may_define:
        return []
    rows = ObjectType.objects.filter(workspace_id=author.workspace.id, **key)
    return list(rows.values_list("archived_at", flat=True))


def may_see_type(author: Author, data_type_id: int) -> bool:
    """Whether the role grants anything on the type's records, and so may see the type's
    definition."""
    # The stored role: the author's own may be extended to the member's records.
    return author.role.is_admin or author.directory.role(author.role.id).grant(data_type_id).any


def check_may_read(author: Author, schema: ObjectSchema, row: RecordRow) -> None:
    """NotAllowed when the key lacks the scope to read, and the record is another member's, or the
    key is acting for its member."""
    if has_scope(author, "records", "read"):
        return
    is_acting = author.role.reaches == Extent.NONE
    if not is_acting and is_own(author, schema, row.values, row.member_id):
        return
    raise NotAllowed("The API key lacks the scope records:read; use a key that has it.")


def check_lists_all(author: Author, schema: ObjectSchema) -> None:
    """NotAllowed unless the role may see every record of the type."""
    if author.role.grant(schema.id).view != Extent.ALL:
        raise NotAllowed("Only members who may see all records of the type may list these.")


def check_admin_fields(author: Author, schema: ObjectSchema, slugs: Iterable[str]) -> None:
    """NotAllowed when one of these fields is for admins only, and the caller is not an admin."""
    if author.role.is_admin:
        return
    for slug in slugs:
        spec = schema.by_name.get(slug)
        if spec is not None and spec.is_admin_only:
            raise NotAllowed(f"Only admins may set the field {slug!r}.")


def find_member(author: Author, member_id: int) -> MemberSpec | None:
    """A member of the author's workspace by primary key."""
    return author.directory.members([member_id]).get(member_id)
