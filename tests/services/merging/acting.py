"""People, the companies they work for, and merging them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from records.models import (
    Activity,
    Address,
    Attachment,
    LeadSource,
    Record,
    RecordMember,
)
from records.services.merging.merge import Merge, merge_records
from records.services.storage import ExternalKey
from records.services.writing.save_requests import Attributes, Mode, SaveRequest, SaveResult
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    entries,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import write
from tests.services.undoing.acting import OneOperation, anew, state

OPTIONS = (OptionDefinition("A"), OptionDefinition("B"), OptionDefinition("C"))
PERSON = (
    FieldDefinition("Mail", "email", is_unique=True),
    FieldDefinition("Phone", "phonenumber"),
    FieldDefinition("Age", "integer"),
    FieldDefinition("Weight", "decimal"),
    FieldDefinition("Price", "money"),
    FieldDefinition("Born", "date"),
    FieldDefinition("Met", "datetime"),
    FieldDefinition("Ticked", "checkbox"),
    FieldDefinition("Note", "longtext"),
    FieldDefinition("Colour", "dropdown", options=OPTIONS),
    FieldDefinition("Sizes", "checkboxes", options=OPTIONS),
    FieldDefinition("Labels", "dynamictags"),
    FieldDefinition("Papers", "files"),
    FieldDefinition("Keeper", "team_selector"),
    FieldDefinition("Extra", "json"),
)


def make_people(workspace: Caller) -> Caller:
    """People with fields of every kind, who know each other, have a car, and work for companies."""
    make_object(workspace, "Persons", *PERSON)
    make_object(workspace, "Companies")
    make_object(workspace, "Cars")
    make_relation(workspace, "persons", "Boss", "persons", "primary", "Team")
    make_relation(workspace, "persons", "Friends", "persons", "additional", "Friend of")
    make_relation(workspace, "persons", "Company", "companies", "primary", "Staff")
    make_relation(workspace, "companies", "Contacts", "persons", "additional", "Contact of")
    make_relation(workspace, "companies", "Founder", "persons", "primary", "Founded")
    make_relation(workspace, "cars", "Driver", "persons", "one_to_one", "Car")
    return workspace


def person(caller: Caller, name: str, external: str | None = None, **values: Any) -> str:
    made = make_record(caller, "persons", name=name, **values).record.uuid
    if external is not None:
        key = Attributes(external=ExternalKey("crm", external))
        write(caller, "persons", SaveRequest(Mode.UPDATE, made, attributes=key))
    return made


def merge(
    caller: Caller,
    into: str,
    *merged: str,
    rules: dict[str, Any] | None = None,
    versions: dict[str, int] | None = None,
    object_name: str = "persons",
) -> tuple[SaveResult, UUID]:
    """What a merge answers, and the operation that it is."""
    doing = caller if isinstance(caller, OneOperation) else anew(caller)
    asked = Merge(into, merged, rules or {}, versions or {})
    return merge_records(doing.author, doing.schema(object_name), asked), doing.operation


def change(caller: Caller, object_name: str, uuid: str, **values: Any) -> SaveResult:
    return write(caller, object_name, SaveRequest(Mode.UPDATE, uuid, entries=entries(values)))


def key_of(uuid: str) -> int:
    return int(Record.objects.get(uuid=uuid).pk)


def merged_into(uuid: str) -> str | None:
    """The record that stands for this one."""
    key = Record.objects.get(uuid=uuid).merged_into
    return None if key is None else str(Record.objects.get(pk=key).uuid)


def companions(caller: Caller) -> dict[str, set[Any]]:
    """What stands beside records, and where."""
    kinds: dict[str, Any] = {
        "title": Activity,
        "street": Address,
        "kind": LeadSource,
        "member": RecordMember,
        "name": Attachment,
    }
    return {
        mark: set(model.objects.filter(workspace=caller.workspace).values_list(mark, "record_id"))
        for mark, model in kinds.items()
    }


def world(caller: Caller) -> dict[str, Any]:
    """All that records are and have, but for versions and times."""
    rows = Record.objects.filter(workspace=caller.workspace)
    survivors = {str(uuid): key for uuid, key in rows.values_list("uuid", "merged_into")}
    return {"records": state(caller), "merged": survivors, "beside": companions(caller)}


def put_beside(caller: Caller, uuid: str, mark: str) -> None:
    """One of everything that stands beside a record."""
    of = {"workspace": caller.workspace, "record_id": key_of(uuid)}
    Activity.objects.create(title=mark, **of)
    Address.objects.create(street=mark, **of)
    for name in (f"{mark}.txt", "same.txt"):
        path = default_storage.save(f"attachments/{mark}/{name}", ContentFile(b"x"))
        digest = sha256(b"x").hexdigest()
        Attachment.objects.create(name=name, file=path, size=1, sha256=digest, **of)
    LeadSource.objects.create(kind="custom", **of)
    RecordMember.objects.create(member=caller.member, **of)
