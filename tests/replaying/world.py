"""A workspace with a field of every type, those who write in it, and values made up at random."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from records.field_types import FieldSpec
from records.models import Attachment, Record, RecordState
from records.services.access.author import may_write, visible_fields
from records.services.writing.save import save_records
from records.services.writing.save_requests import Mode, SaveRequest
from tests.admin.pages import Workbench, let_in
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    entries,
    make_member,
    make_object,
    make_relation,
    set_pattern,
)

OBJECTS = ("people", "clubs", "deals", "contacts")
UNKNOWN = "01920000-0000-7000-8000-000000000001"
NAMES = [
    "Ann",
    "ANN",
    "Straße",
    "STRASSE",
    "e\u0301",
    "é",
    "tab\there",
    "back\\slash \\N",
    "=1+1",
    "a, \"b\"; 'c'",
]
LONG = "ß" * 300
CHOICES = ["Red", "Blue", "Green"]
REFUSED = ["Pink", UNKNOWN, 2**63, LONG, ["Pink"], {}, "2023-02-30", False]  # by most types
_TYPED: dict[str, Sequence[Any]] = {
    "text": [*NAMES, "x" * 255],
    "longtext": ["short", LONG, "two\nlines", "'quoted", "x" * 2000],
    "wysiwyg": ["<p>Very <b>good</b></p>", "<script>no</script>", "plain"],
    "email": ["Ann@Example.com", "ann@example.com", "bob@example.com"],
    "phonenumber": ["+12015550123", "+33142685300"],
    "timezone": ["Europe/Paris", "UTC"],
    "checkbox": [True, False],
    "integer": [0, 1, 2, 3, -5, 2**63 - 1],
    "decimal": [0, 0.1, 0.3, -0.5, 12345678901],
    "money": [0, 9.99, {"amount": 10}, -3],
    "rating": [1, 3, 5],
    "date": ["2024-02-29", "0001-01-01"],
    "datetime": ["2024-02-29T12:00:00Z", "2024-10-27T02:30:00+02:00"],
    "yesnomaybe": ["yes", "No", "maybe"],
    "checkboxes": [["Red"], ["Red", "Blue"], []],
    "dynamictags": [["a"], ["a", "b"], ["Straße"], []],
    "team_selector": ["is_me"],
}
_CHOSEN: dict[str, Sequence[Any]] = dict.fromkeys(
    ("dropdown", "radio", "status", "choices", "selector"), CHOICES
)
POOLS: Mapping[str, Sequence[Any]] = _TYPED | _CHOSEN
WITH_OPTIONS = ("dropdown", "radio", "status", "choices", "selector", "checkboxes")
GRANTS = {"view": "own", "edit": "own", "remove": "own", "create": True}


def stored(name: str) -> str:
    """The name under which an empty file is in the storage."""
    return default_storage.save(name, ContentFile(b""))


class World:
    """What is written in, by whom, and what has been tried so far."""

    def __init__(self, admin: Caller, seed: int, folder: Path) -> None:
        self.pick = random.Random(seed)
        self.admin = admin
        self.folder = folder
        define(admin)
        self.papers = [
            str(
                Attachment.objects.create(
                    workspace=admin.workspace, name=name, file=stored(name)
                ).uuid
            )
            for name in "abc"
        ]
        self.member = make_member(admin, "member@example.com", dict.fromkeys(OBJECTS, GRANTS))
        self.callers = [admin, admin, admin, self.member]
        self.apis = {caller.member.pk: ApiClient(caller) for caller in self.callers}
        self.benches = {caller.member.pk: let_in(caller) for caller in (admin, self.member)}
        self.known: dict[str, list[str]] = {name: [] for name in OBJECTS}
        self.archived: dict[str, list[str]] = {name: [] for name in OBJECTS}
        self.keys: dict[UUID, int] = {}
        self.told: Counter[str] = Counter()
        for name in OBJECTS:
            values = [{self.identifier(name): self.key_of(name)} for _ in range(30)]
            requests = [SaveRequest(Mode.CREATE, entries=entries(one)) for one in values]
            save_records(admin.author, admin.schema(name), requests)

    def caller(self) -> Caller:
        return self.pick.choice(self.callers)

    def api(self, caller: Caller) -> ApiClient:
        return self.apis[caller.member.pk]

    def bench(self, caller: Caller) -> Workbench:
        return self.benches[caller.member.pk]

    def object_name(self) -> str:
        return self.pick.choice(["people", "people", *OBJECTS])

    def look(self) -> None:
        """Learn what records there are by now."""
        rows = Record.objects.filter(workspace=self.admin.workspace).order_by("id")
        found = list(rows.values_list("object__name", "state", "uuid"))
        self.keys = dict(rows.values_list("uuid", "id"))
        for name in OBJECTS:
            stored = "client_client" if name == "contacts" else name
            mine = [(state, str(uuid)) for owner, state, uuid in found if owner == stored]
            self.known[name] = [uuid for state, uuid in mine if state == RecordState.ACTIVE]
            self.archived[name] = [uuid for state, uuid in mine if state != RecordState.ACTIVE]

    def key(self, name: str) -> int:
        """The number of a record, by which the Workspace API names it."""
        return self.keys.get(UUID(self.target(name)), 0)

    def ids(self, name: str, most: int) -> list[str]:
        known = self.known[name]
        return self.pick.sample(known, min(len(known), self.pick.randint(0, most)))

    def target(self, name: str, *, archived: bool = False) -> str:
        """A record; now and then one in the other state, or one that is not there."""
        many, few = self.known[name], self.archived[name]
        if archived:
            many, few = few, many
        chosen = self.pick.choices([many, few, ()], [90, 7, 3])[0]
        return self.pick.choice(chosen) if chosen else UNKNOWN

    # ------------------------------------------------------------ values

    def fields(self, caller: Caller, name: str, most: int) -> list[FieldSpec]:
        """Some of the fields that this caller may write."""
        author, schema = caller.author, caller.schema(name)
        specs = [spec for spec in visible_fields(author, schema) if may_write(author, spec)]
        return self.pick.sample(specs, min(len(specs), self.pick.randint(1, most)))

    def value(self, spec: FieldSpec) -> Any:
        """A value for a field, blank now and then."""
        if self.pick.random() < 0.15:
            return self.pick.choice(REFUSED) if self.pick.random() < 0.15 else None
        if spec.type.name == "relationship":
            return self._links(spec)
        if spec.type.name == "files":
            return self.pick.sample(self.papers, self.pick.randint(0, 3))
        if spec.options and not spec.multiple:
            return self.pick.choice(
                [option for option in spec.options.values() if not option.deleted]
            ).uuid
        if spec.name in ("name", "first_name"):
            return self.name()
        if spec.name == "email":
            return self.mail()
        return self.pick.choice(POOLS[spec.type.name])

    def _links(self, spec: FieldSpec) -> Any:
        related = next(
            name for name in OBJECTS if self.admin.schema(name).id == spec.related_object_id
        )
        ids = self.ids(related, 3) if spec.multiple else [self.target(related)]
        return ids if spec.multiple else ids[0]

    def name(self) -> str:
        return (
            self.pick.choice(NAMES)
            if self.pick.random() < 0.3
            else f"Name {self.pick.randint(0, 300)}"
        )

    def mail(self) -> str:
        return f"{self.pick.choice('ab')}{self.pick.randint(0, 60)}@example.com"

    def key_of(self, name: str) -> str:
        """A value of the object's identifier."""
        return self.mail() if name == "contacts" else self.name()

    def identifier(self, name: str) -> str:
        return "email" if name == "contacts" else "name"

    def values(self, caller: Caller, name: str, most: int = 5) -> dict[str, Any]:
        return {spec.name: self.value(spec) for spec in self.fields(caller, name, most)}

    def new_values(self, caller: Caller, name: str, most: int = 5) -> dict[str, Any]:
        return {**self.values(caller, name, most), self.identifier(name): self.key_of(name)}


def define(admin: Caller) -> None:
    """People with a field of every type, clubs, a pipeline and contacts, linked in every way."""
    options = [OptionDefinition(name) for name in CHOICES]
    make_object(
        admin,
        "People",
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Number", "integer", is_unique=True),
        FieldDefinition("Papers", "files"),
        *(
            FieldDefinition(f"A {kind}", kind, options=options if kind in WITH_OPTIONS else ())
            for kind in POOLS
            if kind != "team_selector"
        ),
        FieldDefinition("Keeper", "team_selector"),
    )
    make_object(admin, "Clubs", FieldDefinition("Fee", "money"))
    make_object(admin, "Deals", FieldDefinition("Note", "longtext"), object_type="pipeline")
    for name, label, related, kind, mirror in (
        ("people", "Club", "clubs", "primary", "Members"),
        ("people", "Fan of", "clubs", "additional", "Fans"),
        ("people", "Chairs", "clubs", "one_to_one", "Chair"),
        ("people", "Boss", "people", "primary", "Staff"),
        ("deals", "Buyer", "people", "primary", "Bought"),
        ("deals", "Parties", "contacts", "additional", "Deals"),
    ):
        make_relation(admin, name, label, related, kind, mirror)
    set_pattern(admin, "people", "{name} of {club}, under {boss}")
