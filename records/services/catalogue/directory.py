"""What a process knows about a workspace: its objects, roles and members, compiled and kept until
they change.

The query that authenticates a request brings the workspace's `definitions_version`; a directory
compiled at that version is current, so reading definitions costs no query on most requests, and a
change takes effect on the next request of every process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from records.exceptions import Conflict
from records.field_types import FieldSpec, field_types
from records.models import (
    Extent,
    Field,
    FieldPermission,
    Member,
    ObjectKind,
    ObjectPermission,
    ObjectType,
    Role,
)
from records.services.database import (
    Cache,
    canonical_uuid,
    fetch,
    uuid_text,
)

from .naming import MADE_OF
from .object_schema import ObjectSchema, WorkspaceSpec, compile_schema

CONTACTS = "client_client"
CONTACTS_ALIAS = "contacts"
_CHANGED = "The definitions have changed in the meantime; try again."


@dataclass(frozen=True, slots=True)
class MemberSpec:
    """A member; `json` is how other members see them. The details after it are not for all of
    them."""

    id: int
    uuid: str
    user_id: int
    role_id: int
    is_active: bool
    name: str
    json: dict[str, Any]
    phone: str = ""
    external_id: str = ""
    date_of_birth: date | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role may do with one object's records."""

    create: bool = False
    view: str = Extent.NONE.value
    edit: str = Extent.NONE.value
    remove: str = Extent.NONE.value

    @property
    def any(self) -> bool:
        return self.create or self.view != Extent.NONE


NOTHING = Grant()
EVERYTHING = Grant(True, Extent.ALL.value, Extent.ALL.value, Extent.ALL.value)


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """A role: its grants by object, and the fields it may not see, or not change.

    `owns`: a member may see, change and remove their own records whatever the role grants.
    `reaches`: the most that the key in use lets them change. Only the Workspace API sets these two.
    """

    id: int
    is_admin: bool
    grants: Mapping[int, Grant] = field(default_factory=dict)
    hidden_fields: frozenset[int] = frozenset()
    locked_fields: frozenset[int] = frozenset()
    owns: bool = False
    reaches: str = Extent.ALL.value

    def grant(self, object_id: int) -> Grant:
        grant = EVERYTHING if self.is_admin else self.grants.get(object_id, NOTHING)
        return _owning(grant, self.reaches) if self.owns else grant


def _owning(grant: Grant, reaches: str) -> Grant:
    """The grant, extended to the member's own records, and limited to what changes may reach."""
    # Nothing to extend or limit; the same object, because callers compare by identity.
    if grant is EVERYTHING and reaches == Extent.ALL:
        return grant
    none, own = Extent.NONE.value, Extent.OWN.value
    view = own if grant.view == none else grant.view
    if reaches == none:
        return Grant(False, view, none, none)
    edit = own if reaches == own or grant.edit == none else grant.edit
    remove = own if reaches == own or grant.remove == none else grant.remove
    return Grant(grant.create, view, edit, remove)


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """What the directory knows about every object without compiling it."""

    id: int
    uuid: str
    name: str
    schema_version: int
    object_type: str
    slug: str


class Directory:
    """One workspace at one version of its definitions. Roles, members and schemas load on first
    use."""

    def __init__(self, workspace: WorkspaceSpec, schemas: Cache | None = None) -> None:
        self.workspace = workspace
        self._schemas = schemas or _schemas
        # Kept as long as the directory: changes of roles and members count its version up.
        self._roles: dict[int, RoleSpec] = {}
        self._members: dict[int, MemberSpec] = {}
        self.objects: dict[int, ObjectRow] = {}
        self._keys: dict[str, ObjectRow] = {}
        rows = ObjectType.objects.filter(workspace_id=workspace.id, archived_at=None).order_by("id")
        columns = rows.values_list("id", "uuid", "name", "schema_version", "object_type", "slug")
        for key, uuid, name, version, object_type, slug in columns:
            self._add_object(ObjectRow(key, str(uuid), name, version, object_type, slug or name))

    def _add_object(self, row: ObjectRow) -> None:
        self.objects[row.id] = row
        self._keys[row.uuid] = row
        self._keys[row.name] = row
        if row.object_type == ObjectKind.CONTACT:
            self._keys[CONTACTS_ALIAS] = row

    def find_object(self, identifier: str) -> ObjectRow | None:
        """The object with this API name or UUID, unless archived."""
        found = self._keys.get(identifier)
        if found is None and len(identifier) in (32, 36):  # a UUID in another spelling
            found = self._keys.get(canonical_uuid(identifier))
        return found

    def schema(self, object_id: int) -> ObjectSchema:
        """The compiled schema of a live object of this workspace.

        Conflict for an unknown one: definitions changed while they were read, and the next attempt
        will know it.
        """
        row = self.objects.get(object_id)
        if row is None:
            raise Conflict(_CHANGED)
        return _schema(self._schemas, self.workspace, row.id, row.schema_version)

    def related_schema(self, link: FieldSpec) -> ObjectSchema:
        """The compiled schema of the object that a relationship leads to; Conflict as `schema`
        raises it."""
        if link.related_object_id is None:
            raise Conflict(_CHANGED)
        return self.schema(link.related_object_id)

    def find_related(self, spec: FieldSpec) -> ObjectSchema | None:
        """The compiled object that a relationship leads to; None when archived, and for other
        fields."""
        related_id = spec.related_object_id
        return (
            None
            if related_id is None or related_id not in self.objects
            else self.schema(related_id)
        )

    def role(self, role_id: int) -> RoleSpec:
        """A role of this workspace."""
        if role_id not in self._roles:
            self._roles[role_id] = _load_role(self.workspace.id, role_id)
        return self._roles[role_id]

    def members(self, ids: Iterable[int]) -> dict[int, MemberSpec]:
        """The members with these primary keys, inactive ones included; unknown ones are absent."""
        wanted = set(ids)
        missing = wanted - self._members.keys()
        if missing:
            found = Member.objects.filter(workspace_id=self.workspace.id, id__in=missing)
            self._members.update((member.id, member_spec(member)) for member in found)
        return {key: self._members[key] for key in wanted if key in self._members}

    def find_members(self, uuids: Iterable[str]) -> dict[str, MemberSpec]:
        """Members by UUID; unknown ones are absent."""
        wanted = set(uuids)
        found = {spec.uuid: spec for spec in self._members.values() if spec.uuid in wanted}
        if len(found) < len(wanted):
            rows = Member.objects.filter(
                workspace_id=self.workspace.id, uuid__in=wanted - found.keys()
            )
            for member in rows:
                spec = self._members[member.id] = member_spec(member)
                found[spec.uuid] = spec
        return found


def member_spec(member: Member) -> MemberSpec:
    """A member as the directory keeps them."""
    return MemberSpec(
        member.id,
        str(member.uuid),
        member.user_id,
        member.role_id,
        member.is_active,
        str(member),
        {
            "id": str(member.uuid),
            "deleted": not member.is_active,
            "first_name": member.first_name,
            "last_name": member.last_name,
            "email": member.email,
        },
        member.phone,
        member.external_id,
        member.date_of_birth,
        tuple(member.labels),
    )


def _load_role(workspace_id: int, role_id: int) -> RoleSpec:
    role = Role.objects.get(workspace_id=workspace_id, id=role_id)
    if role.is_admin:
        return RoleSpec(role.id, True)
    grants = ObjectPermission.objects.filter(workspace_id=workspace_id, role_id=role_id)
    switches = list(FieldPermission.objects.filter(workspace_id=workspace_id, role_id=role_id))
    hidden = frozenset(switch.field_id for switch in switches if not switch.view)
    hidden |= set(
        Field.objects.filter(workspace_id=workspace_id, is_admin_only=True).values_list(
            "id", flat=True
        )
    )
    hidden = _with_computed(workspace_id, hidden)
    return RoleSpec(
        role.id,
        False,
        {row.object_id: Grant(row.create, row.view, row.edit, row.remove) for row in grants},
        hidden,
        # What a role cannot see, it cannot change.
        hidden | {switch.field_id for switch in switches if not switch.edit},
    )


def _with_computed(workspace_id: int, hidden: frozenset[int]) -> frozenset[int]:
    """The hidden fields, and the fields and formulas computed from one of them, which would reveal
    it."""
    if not hidden:
        return hidden
    hidden |= _formulas_of(workspace_id, hidden)
    sources = [name for names in MADE_OF.values() for name in names]
    # Computed fields read the default fields, not others that got these names.
    rows = Field.objects.filter(
        workspace_id=workspace_id, id__in=hidden, name__in=sources, is_default=True
    )
    known = set(rows.values_list("object_id", "name"))
    computed = (
        Field.objects.filter(workspace_id=workspace_id, computed__in=MADE_OF) if known else ()
    )
    showing = (
        row.pk
        for row in computed
        if any((row.object_id, name) in known for name in MADE_OF[row.computed])
    )
    return hidden | set(showing)


def _formulas_of(workspace_id: int, hidden: frozenset[int]) -> set[int]:
    """The formulas, and fields of other types that compute their values, that may read one of these
    fields."""
    kinds = {kind.computed: kind for kind in field_types.values() if kind.computed}
    live = Field.objects.filter(workspace_id=workspace_id, deleted_at=None)
    formulas = live.filter(computed__in=kinds).values_list(
        "id", "object_id", "settings", "computed"
    )
    if not formulas:
        return set()
    names = list(live.filter(id__in=hidden).values_list("object_id", "name"))
    return {
        key
        for key, owner, settings, computed in formulas
        if any(kinds[computed].may_read(settings, name) for at, name in names if at == owner)
    }


_directories = Cache(500)
_schemas = Cache(2000)


def get_directory(workspace: WorkspaceSpec) -> Directory:
    """The workspace's directory at the version the caller just read."""
    cached: Directory | None = _directories.get(workspace.id)
    # Compared as a whole: the time zone, the region and the language are compiled in, too.
    if cached is None or cached.workspace != workspace:
        cached = Directory(workspace)
        _directories.put(workspace.id, cached)
    return cached


def load_workspace(workspace_id: int) -> WorkspaceSpec:
    """The workspace as it is now, for callers that do not come through a request (commands, jobs,
    admin)."""
    ((uuid, version, zone, region, language),) = fetch(
        "SELECT uuid, definitions_version, time_zone, region, language FROM records_workspace "
        "WHERE id = %s",
        [workspace_id],
    )
    return WorkspaceSpec(workspace_id, uuid_text(uuid), version, ZoneInfo(zone), region, language)


def read_uncommitted(workspace_id: int) -> Directory:
    """The workspace as the open transaction has changed it.

    What it compiles is not kept: after a rollback the next change gets the same version number.
    """
    return Directory(load_workspace(workspace_id), Cache(100))


def _schema(schemas: Cache, workspace: WorkspaceSpec, object_id: int, version: int) -> ObjectSchema:
    # What is the workspace's own: changing a zone or a region leaves the object's version as it is.
    key = (object_id, version, workspace.zone.key, workspace.region, workspace.language)
    schema: ObjectSchema | None = schemas.get(key)
    if schema is None:
        schema = compile_schema(object_id, workspace)
        schemas.put(key, schema)
    return schema


def schema_in_any_state(directory: Directory, object_id: int) -> ObjectSchema:
    """A compiled object, even if it is archived."""
    if object_id in directory.objects:
        return directory.schema(object_id)
    # Not cached: the directory knows no version of an archived object.
    workspace = directory.workspace
    return compile_schema(object_id, workspace)


def forget_everything() -> None:
    """Drop what this process has compiled (after emptying a test database, where keys and versions
    start again)."""
    _directories.clear()
    _schemas.clear()
