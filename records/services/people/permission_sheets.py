"""What a role may do on each object and field of the workspace, and how what a caller wants of it
becomes grants and switches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from records.exceptions import InvalidInput, Place, problems_at, quoted
from records.models import Field, ObjectKind, ObjectType
from records.services.catalogue import CONTACTS, CONTACTS_ALIAS, EVERYTHING, Grant
from records.services.database import canonical_uuid

from .permission_levels import OPEN, Rights, Switch, follows, grant_from, widest
from .role_grants import GrantChanges, RoleGrants

NOTHING = Grant()


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field that roles may be kept from."""

    id: int
    uuid: str
    name: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class GrantedObject:
    """An object, with those of its fields that have switches."""

    id: int
    uuid: str
    name: str
    is_contacts: bool
    fields: tuple[FieldRow, ...] = ()

    def find_field(self, key: str) -> FieldRow | None:
        """The field with this UUID or API name."""
        names = {key, canonical_uuid(key)}
        return next((row for row in self.fields if row.uuid in names or row.name == key), None)


@dataclass(frozen=True, slots=True)
class ObjectSheet:
    """What a role may do with an object: its grant, and a switch for each of the fields."""

    object: GrantedObject
    grant: Grant
    switches: Mapping[int, Switch]


@dataclass(frozen=True, slots=True)
class WantedField:
    """What a role is to do with a field; `at` is the place of it in the request."""

    key: str
    switch: Switch
    at: Place = ()


@dataclass(frozen=True, slots=True)
class WantedObject:
    """What a role is to do with an object; a field that is not named follows the object's grant."""

    key: str
    all_records: Rights = field(default_factory=Rights)
    associated_records: Rights = field(default_factory=Rights)
    create: bool = False
    fields: Sequence[WantedField] = ()
    at: Place = ()


def list_granted(workspace_id: int) -> list[GrantedObject]:
    """The live objects, oldest first, with the fields that roles may be kept from, in display
    order; two statements."""
    # Fields for admins only are hidden from every other role: there is nothing to switch.
    fields = Field.objects.filter(
        Q(related_object=None) | Q(related_object__archived_at=None),
        workspace_id=workspace_id,
        object__archived_at=None,
        deleted_at=None,
        is_admin_only=False,
    )
    by_object: dict[int, list[FieldRow]] = {}
    for owner, key, uuid, name, is_default in fields.values_list(
        "object_id", "id", "uuid", "name", "is_default"
    ):
        by_object.setdefault(owner, []).append(FieldRow(key, str(uuid), name, is_default))
    objects = ObjectType.objects.filter(workspace_id=workspace_id, archived_at=None)
    return [
        GrantedObject(
            key, str(uuid), name, kind == ObjectKind.CONTACT, tuple(by_object.get(key, ()))
        )
        for key, uuid, name, kind in objects.order_by("id").values_list(
            "id", "uuid", "name", "object_type"
        )
    ]


def sheets_of(
    objects: Iterable[GrantedObject], stored: RoleGrants, *, is_admin: bool
) -> list[ObjectSheet]:
    """What a role may do with each object: an admin's role everything, whatever is stored of it."""
    sheets = []
    for each in objects:
        grant = EVERYTHING if is_admin else stored.objects.get(each.id, NOTHING)
        rows = {} if is_admin else stored.switches
        switches = {row.id: rows.get(row.id, follows(grant)) for row in each.fields}
        sheets.append(ObjectSheet(each, grant, switches))
    return sheets


def find_granted(objects: Iterable[GrantedObject], key: str, at: Place) -> GrantedObject:
    """The object with this UUID, API name or, of contacts, other name; InvalidInput when there is
    none."""
    names = {key, canonical_uuid(key), CONTACTS if key == CONTACTS_ALIAS else key}
    found = next((each for each in objects if names & {each.uuid, each.name}), None)
    if found is None:
        raise InvalidInput(f"there is no object {quoted(key)}.", "does_not_exist", at=at)
    return found


def find_switched(owner: GrantedObject, key: str, at: Place) -> FieldRow:
    """The field with this UUID or API name; InvalidInput when the object has none that can be
    switched."""
    found = owner.find_field(key)
    if found is None:
        raise InvalidInput(
            f"{quoted(owner.name)} has no field {quoted(key)} that can be switched.",
            "does_not_exist",
            at=at,
        )
    return found


def wanted_sheets(
    objects: Sequence[GrantedObject], wanted: Iterable[WantedObject]
) -> list[ObjectSheet]:
    """What is wanted, of all these objects: nothing of those that are not named."""
    named: dict[int, WantedObject] = {}
    by_key = {text: each for each in objects for text in (each.uuid, each.name)}
    for each in wanted:
        found = by_key.get(each.key) or find_granted(objects, each.key, each.at)
        if found.id in named:
            raise InvalidInput(f"{quoted(found.name)} is there twice.", at=each.at)
        named[found.id] = each
    return [_wanted_sheet(each, named.get(each.id)) for each in objects]


def _wanted_sheet(owner: GrantedObject, wanted: WantedObject | None) -> ObjectSheet:
    if wanted is None:
        return ObjectSheet(owner, NOTHING, {row.id: follows(NOTHING) for row in owner.fields})
    with problems_at(*wanted.at):
        grant = grant_from(wanted.all_records, wanted.associated_records, create=wanted.create)
    switches: dict[int, Switch] = {}
    by_key = {text: row for row in owner.fields for text in (row.uuid, row.name)}
    for each in wanted.fields:
        row = by_key.get(each.key) or find_switched(owner, each.key, each.at)
        if row.id in switches:
            raise InvalidInput(f"{quoted(row.name)} is there twice.", at=each.at)
        switches[row.id] = each.switch
    return ObjectSheet(
        owner, grant, {row.id: switches.get(row.id, follows(grant)) for row in owner.fields}
    )


def allows_everything(sheet: ObjectSheet) -> bool:
    """Whether nothing of the object is kept from the role."""
    return sheet.grant == EVERYTHING and all(each == OPEN for each in sheet.switches.values())


def changes_to(stored: RoleGrants, sheets: Iterable[ObjectSheet]) -> GrantChanges:
    """What has to be stored for a role to do what these sheets say, and nothing else of them."""
    objects: dict[int, Grant | None] = {}
    switches: dict[int, Switch | None] = {}
    for sheet in sheets:
        grant = stored.objects.get(sheet.object.id)
        if sheet.grant != (grant or NOTHING):
            objects[sheet.object.id] = None if sheet.grant == NOTHING else sheet.grant
        for key, switch in sheet.switches.items():
            if switch != stored.switches.get(key):
                # A field that does what its object's grant says needs no switch.
                switches[key] = None if switch == follows(sheet.grant) else switch
    return GrantChanges(objects, switches)


def merged(several: Sequence[Sequence[ObjectSheet]]) -> list[ObjectSheet]:
    """Of sheets for the same objects: what any of them allows."""
    return [_widest(each) for each in zip(*several, strict=True)]


def _widest(sheets: Sequence[ObjectSheet]) -> ObjectSheet:
    reached = [
        {
            key: Switch(switch.view and limit.view, switch.edit and limit.edit)
            for key, switch in sheet.switches.items()
        }
        # What a sheet's own grant does not allow, its switches must not add to another's.
        for sheet, limit in ((sheet, follows(sheet.grant)) for sheet in sheets)
    ]
    switches = {
        key: Switch(
            any(each[key].view for each in reached), any(each[key].edit for each in reached)
        )
        for key in sheets[0].switches
    }
    return ObjectSheet(sheets[0].object, widest(sheet.grant for sheet in sheets), switches)
