"""Who is asking, and what they may see and do. Every interface's caller becomes an `Author`
here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import connection

from records.exceptions import NotAllowed, NotFound, Standing
from records.field_types import FieldSpec
from records.models import Extent, Source, new_uuid
from records.services.catalogue import (
    EVERYTHING,
    Directory,
    Grant,
    MemberSpec,
    ObjectSchema,
    RoleSpec,
    WorkspaceSpec,
    get_directory,
    load_workspace,
    read_uncommitted,
)
from records.services.database import (
    Fragment,
    in_ids,
)

__all__ = ["Author", "Source"]


@dataclass(frozen=True, slots=True)
class Author:
    """The member on whose behalf something is read or written, and through what.

    Everything one author writes shares `operation_id`: one author is made per request, job or
    import. `self_access` lets a key with read scopes alone write its member's own records.
    """

    workspace: WorkspaceSpec
    directory: Directory
    member: MemberSpec
    role: RoleSpec
    source: str
    api_key_id: int | None = None
    scopes: tuple[str, ...] = ()
    self_access: bool = False
    request_id: str = ""
    reason: str = ""
    operation_id: UUID = field(default_factory=new_uuid)
    # With the limits that the request counted against; None where none is set.
    standing: Standing | None = field(default=None, compare=False)

    @property
    def may_define(self) -> bool:
        """Whether the member may change the workspace's definitions."""
        return self.role.is_admin

    @property
    def is_read_only(self) -> bool:
        """Whether the key writes nothing: it has read scopes alone, without self-access."""
        reads_alone = all(scope.endswith(":read") for scope in self.scopes)
        return bool(self.scopes) and reads_alone and not self.self_access

    @property
    def user_id(self) -> int:
        """The user the member is."""
        return self.member.user_id

    @property
    def caller(self) -> str:
        """The owner of idempotency keys: a key may act for several members, who may do and see
        different things."""
        return (
            f"key:{self.api_key_id}:{self.member.id}"
            if self.api_key_id
            else f"member:{self.member.id}"
        )


@dataclass(frozen=True, slots=True)
class Access:
    """What the caller may do to one record."""

    view: bool
    edit: bool
    remove: bool


_EVERY_ACCESS = Access(True, True, True)


AREAS = ("records", "datatypes", "members", "webhooks")
LEVELS = ("read", "write", "admin")


def check_scope(author: Author, area: str, level: str) -> None:
    """NotAllowed unless the caller's key reaches this far in an area of the product."""
    if not has_scope(author, area, level):
        raise NotAllowed(f"The API key lacks the scope {area}:{level}; use a key that has it.")


def has_scope(author: Author, area: str, level: str) -> bool:
    """Whether the caller's key reaches this far in an area of the product.

    Each level includes the ones before it. A key without scopes does whatever its member may.
    """
    enough = LEVELS[LEVELS.index(level) :]
    return not author.scopes or any(f"{area}:{given}" in author.scopes for given in enough)


def member_author(
    workspace: WorkspaceSpec, member_id: int, source: Source, request_id: str = ""
) -> Author:
    """The author for a member who is already known (admin pages, commands, jobs)."""
    directory = get_directory(workspace)
    member = directory.members([member_id])[member_id]
    return Author(
        workspace,
        directory,
        member,
        directory.role(member.role_id),
        source.value,
        request_id=request_id,
    )


def renewed(author: Author) -> Author:
    """The same author with the definitions as they are now; in a transaction, as the transaction
    has changed them."""
    if connection.in_atomic_block:
        directory = read_uncommitted(author.workspace.id)
    else:
        directory = get_directory(load_workspace(author.workspace.id))
    return replace(
        author,
        workspace=directory.workspace,
        directory=directory,
        # An interface's own rule for the member's own records stays in force.
        role=replace(
            directory.role(author.role.id), owns=author.role.owns, reaches=author.role.reaches
        ),
    )


# ---------------------------------------------------------------- objects and fields


def get_schema(author: Author, identifier: str) -> ObjectSchema:
    """The object with this API name or UUID; NotFound unless the caller may do something with its
    records."""
    found = author.directory.find_object(identifier)
    if found is None or not author.role.grant(found.id).any:
        raise NotFound
    return author.directory.schema(found.id)


def list_schemas(author: Author) -> list[ObjectSchema]:
    """The objects whose records the caller may see or create, by name."""
    rows = sorted(author.directory.objects.values(), key=lambda row: row.name)
    return [author.directory.schema(row.id) for row in rows if author.role.grant(row.id).any]


def list_kept_schemas(author: Author) -> list[ObjectSchema]:
    """The objects kept here, not in another system, of which the caller may see records, by
    name."""
    return [
        schema
        for schema in list_schemas(author)
        if schema.external is None and author.role.grant(schema.id).view != Extent.NONE
    ]


def grant_of(author: Author, schema: ObjectSchema) -> Grant:
    """What the caller's role may do with the object's records."""
    return author.role.grant(schema.id)


def visible_fields(author: Author, schema: ObjectSchema) -> tuple[FieldSpec, ...]:
    """The fields the caller's role may see, hidden-flagged ones included, in display order."""
    hidden = author.role.hidden_fields
    if not hidden:
        return schema.fields
    return tuple(field for field in schema.fields if field.id not in hidden)


def find_field(author: Author, schema: ObjectSchema, key: str) -> FieldSpec | None:
    """A field by API name or UUID; a field hidden from the role is as unknown as one that does not
    exist."""
    field = schema.by_name.get(key) or schema.by_uuid.get(key.lower())
    return None if field is None or field.id in author.role.hidden_fields else field


def find_suspended(author: Author, schema: ObjectSchema, name: Any) -> FieldSpec | None:
    """The relationship with an archived object that has this API name, if the caller's role may
    see it."""
    return next(
        (
            spec
            for spec in schema.suspended
            if spec.name == name and spec.id not in author.role.hidden_fields
        ),
        None,
    )


def visible_identifier(author: Author, schema: ObjectSchema) -> FieldSpec | None:
    """The object's identifier; None for a role that may not see it."""
    field = schema.identifier
    return None if field is None or field.id in author.role.hidden_fields else field


def may_write(author: Author, field: FieldSpec) -> bool:
    """Whether the caller may set the field at all."""
    return not (field.is_read_only or field.computed or field.id in author.role.locked_fields)


# ---------------------------------------------------------------- records


def is_own(
    author: Author, schema: ObjectSchema, values: Mapping[str, Any], member_id: int | None
) -> bool:
    """Whether a record is the caller's: they are its member, its owner, or a team-selector
    value."""
    me = author.member.id
    return member_id == me or any(values.get(str(field.id)) == me for field in schema.team_fields)


def access_to(
    author: Author, schema: ObjectSchema, values: Mapping[str, Any], member_id: int | None
) -> Access:
    """What the caller may do to the record with these values."""
    grant = author.role.grant(schema.id)
    # Nothing depends on the record then, so its values are not looked at.
    if grant is EVERYTHING:
        return _EVERY_ACCESS
    own = is_own(author, schema, values, member_id)

    def reaches(extent: str) -> bool:
        return extent == Extent.ALL or (own and extent == Extent.OWN)

    view = reaches(grant.view)
    # What the caller cannot see, they cannot change.
    return Access(view, view and reaches(grant.edit), view and reaches(grant.remove))


def visible_condition(
    author: Author, schema: ObjectSchema, alias: str, *, live: bool = True
) -> Fragment:
    """SQL that keeps, of the live records under `alias` (or of the archived ones), those the caller
    may see."""
    extent = author.role.grant(schema.id).view
    if extent == Extent.ALL:
        # Searches compare with this text: without a condition, the index alone can answer.
        return "TRUE", []
    if extent == Extent.NONE:
        return "FALSE", []
    return own_condition(author, schema, alias, live=live)


def own_condition(
    author: Author, schema: ObjectSchema, alias: str, *, live: bool = True
) -> Fragment:
    """SQL that keeps, of the live records under `alias` (or of the archived ones), the caller's
    own."""
    me = author.member.id
    team, params = in_ids("own.field_id", [field.id for field in schema.team_fields])
    return (
        f"({alias}.member_id = %s OR {alias}.owner_id = %s OR {alias}.id IN ("
        f"SELECT own.record_id FROM records_fieldvalue own WHERE own.workspace_id = %s AND {team}"
        f" AND own.member = %s AND {'own.live' if live else 'NOT own.live'}))"
    ), [me, me, author.workspace.id, *params, me]
