"""Test data, made the way the product makes it: through its services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from records.models import (
    ApiKey,
    ExternalSource,
    FieldPermission,
    Member,
    ObjectPermission,
    ObjectType,
    Role,
    Workspace,
)
from records.services.access.author import Author, get_schema
from records.services.catalogue.drafts import FieldDefinition, OptionDefinition, RelationDefinition
from records.services.catalogue.object_schema import ObjectSchema
from records.services.catalogue.versions import touch
from records.services.people.workspaces import (
    command_author,
    create_api_key,
    create_member,
    create_workspace,
)
from records.services.shaping.changes import update_object
from records.services.shaping.creation import create_field, create_object, get_object
from records.services.writing.save import archive_record, save_record
from records.services.writing.save_requests import Mode, SaveRequest, SaveResult
from records.services.writing.values import FieldEntry

__all__ = ["FieldDefinition", "OptionDefinition", "RelationDefinition"]


@dataclass(frozen=True)
class Caller:
    """A member of a workspace, and a key to call the APIs with."""

    workspace: Workspace
    member: Member
    secret: str

    @property
    def author(self) -> Author:
        """This member as the core knows them, with the definitions as they are now."""
        return command_author(self.workspace, self.member)

    def schema(self, object_name: str) -> ObjectSchema:
        return get_schema(self.author, object_name)


def make_workspace(
    name: str = "Example workspace", email: str = "admin@example.com", **more: Any
) -> Caller:
    """A workspace, its admin, and the admin's key."""
    made = create_workspace(name, email, **more)
    return Caller(made.workspace, made.member, made.api_key)


def make_object(admin: Caller, label: str, *fields: FieldDefinition, **more: Any) -> ObjectType:
    """An object named after its label, with these fields beside the default ones."""
    return create_object(admin.author, label, label.removesuffix("s"), fields=fields, **more)


def keep_elsewhere(admin: Caller, row: ObjectType) -> None:
    """Have the object's records kept in another system, which nothing is asked of."""
    ExternalSource.objects.create(
        workspace=admin.workspace,
        object=row,
        name="W",
        base_url="https://api.example.com",
        operations={},
    )
    touch(admin.workspace.pk, [row.pk])


def set_pattern(admin: Caller, object_name: str, pattern: str) -> None:
    """Name an object's records by a pattern, once it has the fields that the pattern shows."""
    update_object(admin.author, get_object(admin.author, object_name), display_pattern=pattern)


def make_field(admin: Caller, object_name: str, label: str, field_type: str, **more: Any) -> str:
    """A field of an object; returns its id."""
    made = create_field(
        admin.author,
        get_object(admin.author, object_name),
        FieldDefinition(label, field_type, **more),
    )
    return str(made.uuid)


def make_relation(
    admin: Caller, object_name: str, label: str, related: str, kind: str, mirror: str, **more: Any
) -> str:
    """A relationship field and its mirror, labelled `mirror`; returns the field's id."""
    relation = RelationDefinition(related, kind, mirror)
    return make_field(admin, object_name, label, "relationship", relation=relation, **more)


def entries(values: Mapping[str, Any]) -> list[FieldEntry]:
    return [FieldEntry(name=name, value=value) for name, value in values.items()]


def make_record(caller: Caller, object_name: str, **values: Any) -> SaveResult:
    """A record with these values, by API name."""
    request = SaveRequest(Mode.CREATE, entries=entries(values))
    return save_record(caller.author, caller.schema(object_name), request)


def change_record(caller: Caller, object_name: str, uuid: str, **values: Any) -> SaveResult:
    request = SaveRequest(Mode.UPDATE, uuid, entries=entries(values))
    return save_record(caller.author, caller.schema(object_name), request)


def archive(caller: Caller, object_name: str, uuid: str) -> SaveResult:
    return archive_record(caller.author, caller.schema(object_name), uuid)  # type: ignore[arg-type]


def make_member(
    admin: Caller,
    email: str,
    grants: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    hidden: Sequence[tuple[str, str]] = (),
    locked: Sequence[tuple[str, str]] = (),
) -> Caller:
    """A member with a role of their own: `{object: {"create": True, "view": "own", ...}}`.

    `hidden` and `locked` are (object, field) pairs that the role may not see, or may not change.
    """
    role = Role.objects.create(workspace=admin.workspace, name=email)
    for name, grant in (grants or {}).items():
        ObjectPermission.objects.create(
            workspace=admin.workspace, role=role, object=get_object(admin.author, name), **grant
        )
    for switch, fields in (("view", hidden), ("edit", locked)):
        for object_name, field_name in fields:
            spec = admin.schema(object_name).by_name[field_name]
            FieldPermission.objects.create(
                workspace=admin.workspace, role=role, field_id=spec.id, **{switch: False}
            )
    member = create_member(admin.workspace, email, role)
    touch(admin.workspace.id)
    return Caller(admin.workspace, member, make_key(admin.workspace, member)[1])


def make_key(workspace: Workspace, member: Member | None, **more: Any) -> tuple[ApiKey, str]:
    """A key and its secret."""
    return create_api_key(workspace, "A key", member=member, **more)
