"""A few hundred writes at random, after which documents, index and ledger still agree and the model
knows the rest."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from records.exceptions import Conflict, RecordsError
from records.models import Record
from records.services.reading.history import list_history
from records.services.storage.rows import ExternalKey
from records.services.writing.save import upsert_request
from records.services.writing.save_requests import (
    NO_ATTRIBUTES,
    Attributes,
    Mode,
    Outcome,
    SaveRequest,
    SaveResult,
)
from records.services.writing.values import FieldEntry
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
from tests.services.acting import differences, write_all

NAMES = [
    "Ann",
    "ANN",
    "Bob",
    "Straße",
    "STRASSE",
    "Cid",
    "Dee",
    "e\u0301",
    "tab\there",
    "back\\slash \\N",
    "new\nline",
]
USUAL = [
    Mode.CREATE,
    Mode.UPDATE,
    Mode.UPDATE,
    Mode.REPLACE,
    Mode.UPSERT,
    Mode.UPSERT,
    Mode.ARCHIVE,
    Mode.UNARCHIVE,
]
LOST = "Other writers kept"  # the beginning of what is said when twenty attempts were not enough
GRANTS = {"view": "own", "edit": "own", "remove": "own", "create": True}


@pytest.fixture
def world(workspace: Caller) -> list[Caller]:
    """An admin, and a member who has to do with some records only; people and clubs, linked in
    every way."""
    make_object(
        workspace,
        "People",
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Number", "integer", is_unique=True),
        FieldDefinition("Note", "longtext"),
        FieldDefinition(
            "Colour", "dropdown", options=[OptionDefinition("Red"), OptionDefinition("Blue")]
        ),
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition("Day", "datetime"),
    )
    make_object(workspace, "Clubs", FieldDefinition("Fee", "money"))
    make_relation(workspace, "people", "Club", "clubs", "primary", "Members")
    make_relation(workspace, "people", "Fan of", "clubs", "additional", "Fans")
    make_relation(workspace, "people", "Chairs", "clubs", "one_to_one", "Chair")
    make_relation(workspace, "people", "Boss", "people", "primary", "Staff")
    set_pattern(workspace, "people", "{name} {club} {boss}")
    return [
        workspace,
        make_member(workspace, "member@example.com", {"people": GRANTS, "clubs": GRANTS}),
    ]


class Writer:
    """Makes up requests; remembers the ids it has seen."""

    def __init__(self, seed: int) -> None:
        self.choose = random.Random(seed)
        self.seen: dict[str, list[str]] = {"people": [], "clubs": []}
        self.deleted: set[str] = set()

    def ids(self, object_name: str, most: int) -> list[str]:
        known = self.seen[object_name]
        return self.choose.sample(known, min(len(known), self.choose.randint(0, most)))

    def one(self, object_name: str) -> str | None:
        return next(iter(self.ids(object_name, 1)), None)

    def values(self, object_name: str) -> dict[str, Any]:
        pick = self.choose
        if object_name == "clubs":
            made = {
                "name": pick.choice(NAMES),
                "fee": pick.choice([None, 1, 2.5]),
                "members": self.ids("people", 3),
                "fans": self.ids("people", 3),
                "chair": self.one("people"),
            }
        else:
            made = {
                "name": pick.choice(NAMES),
                "code": pick.choice([None, *NAMES]),
                "number": pick.choice([None, 1, 2, 3]),
                "note": pick.choice([None, "x" * 300, "ß" * 200, "short"]),
                "colour": pick.choice([None, "Red", "Blue", "Pink"]),
                "tags": pick.sample(["a", "b", f"t{pick.randint(0, 99)}"], 2),
                "day": pick.choice([None, "2024-02-29T12:00:00Z"]),
                "owner": pick.choice([None, "is_me"]),
                "club": self.one("clubs"),
                "fan_of": self.ids("clubs", 3),
                "chairs": self.one("clubs"),
                "boss": self.one("people"),
                "staff": self.ids("people", 2),
            }
        kept = pick.sample(sorted(made), pick.randint(0, 5))
        return {name: made[name] for name in kept}

    def request(self, caller: Caller, object_name: str) -> SaveRequest:
        pick = self.choose
        mode = pick.choice([*USUAL, *USUAL, *Mode])
        on_archived = pick.choice([None, "prompt", "unarchive", "overwrite"])
        conflict = pick.choice([None, "overwrite"])
        sent = entries(self.values(object_name))
        external = pick.choice(
            [None, None, *(ExternalKey(source, key) for source in ("", "erp") for key in "ABC")]
        )
        attributes = Attributes(external=external) if pick.random() < 0.3 else NO_ATTRIBUTES
        if mode == Mode.UPSERT and external is not None and attributes is NO_ATTRIBUTES:
            replaces = pick.random() < 0.5
            return SaveRequest(
                mode, external=external, entries=sent, on_archived=on_archived, replaces=replaces
            )
        if mode == Mode.UPSERT:
            matched = pick.choice([None, "code", "number"]) if object_name == "people" else None
            key = pick.choice([1, 2, 3]) if matched == "number" else pick.choice(NAMES)
            author, schema = caller.author, caller.schema(object_name)
            return upsert_request(
                author,
                schema,
                key,
                sent,
                match_field=matched,
                on_archived=on_archived,
                archived_conflict=conflict,
            )
        if mode == Mode.CREATE:
            return SaveRequest(
                mode,
                entries=entries({"name": pick.choice(NAMES)} | self.values(object_name)),
                on_archived=on_archived,
                attributes=attributes,
            )
        if mode == Mode.UPDATE and pick.random() < 0.3 and object_name == "people":
            lists = FieldEntry(
                name="fan_of", add_values=self.ids("clubs", 2), remove_values=self.ids("clubs", 2)
            )
            sent = [lists]
        target = self.one(object_name) or "01920000-0000-7000-8000-000000000001"
        if mode == Mode.MERGE:
            other = Record.objects.filter(
                workspace=caller.workspace, uuid__in=self.ids(object_name, 1)
            )
            return SaveRequest(mode, target, merged_into=other.values_list("pk", flat=True).first())
        if external is not None and pick.random() < 0.3:
            return SaveRequest(mode, external=external, entries=sent, archived_conflict=conflict)
        return SaveRequest(
            mode, target, entries=sent, archived_conflict=conflict, attributes=attributes
        )

    def note(self, object_name: str, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if (
                isinstance(outcome, SaveResult)
                and outcome.record.uuid not in self.seen[object_name]
            ):
                self.seen[object_name].append(outcome.record.uuid)
            if isinstance(outcome, SaveResult) and outcome.action == "deleted":
                self.deleted.add(outcome.record.uuid)


@pytest.mark.parametrize("seed", range(4))
def test_after_random_writes_everything_still_agrees(world: list[Caller], seed: int) -> None:
    writer = Writer(seed)
    told: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    for step in range(120):
        caller = writer.choose.choice([world[0], world[0], world[1]])
        object_name = writer.choose.choice(["people", "people", "clubs"])
        size = writer.choose.choice([1, 1, 1, 2, 4, 8])
        requests = [writer.request(caller, object_name) for _ in range(size)]
        outcomes = write_all(caller, object_name, *requests)
        writer.note(object_name, outcomes)
        for outcome in outcomes:
            told[outcome.action if isinstance(outcome, SaveResult) else outcome.code] += 1
            assert not (isinstance(outcome, Conflict) and outcome.detail.startswith(LOST))
            if isinstance(outcome, SaveResult) and outcome.action != "unchanged":
                rows[outcome.record.uuid] += 1
        if step % 10 == 9:
            assert differences(world[0]) == [], step
    assert {"created", "updated", "archived", "unarchived", "trashed", "unique"} <= set(told)
    assert {"restored", "deleted", "cancelled", "conflict"} & set(told)
    stored = Record.objects.filter(workspace_id=world[0].workspace.id)
    assert {str(record.uuid) for record in stored} == {
        *writer.seen["people"],
        *writer.seen["clubs"],
    } - writer.deleted


def test_a_big_batch_is_stored_like_a_small_one(world: list[Caller]) -> None:
    """Hundreds of rows go into the tables another way than a few do."""
    admin = world[0]
    texts = [f"{name} {at}" for at in range(30) for name in NAMES] + [
        "\\.",
        "\\N",
        "\u2028\x0b\x7f",
        "'\";--",
    ]
    requests = [
        SaveRequest(
            Mode.CREATE,
            entries=entries({"name": text, "note": text * 30, "tags": ["a", "b"], "number": at}),
        )
        for at, text in enumerate(dict.fromkeys(texts))
    ]
    outcomes = write_all(admin, "people", *requests)
    made = [outcome for outcome in outcomes if isinstance(outcome, SaveResult)]
    assert len(made) > 250
    assert {outcome.code for outcome in outcomes if isinstance(outcome, RecordsError)} == {"unique"}
    assert differences(admin) == []
    again = [
        SaveRequest(
            Mode.UPDATE,
            outcome.record.uuid,
            entries=entries({"number": -at, "note": None, "tags": ["b"]}),
        )
        for at, outcome in enumerate(made)
    ]
    write_all(admin, "people", *again)
    assert differences(admin) == []
    few = [
        SaveRequest(
            Mode.UPDATE,
            outcome.record.uuid,
            entries=entries({"number": at, "note": "n", "colour": "Red"}),
        )
        for at, outcome in enumerate(made[:30])
    ]
    write_all(admin, "people", *few)
    write_all(
        admin,
        "people",
        *(
            replace(request, entries=entries({"number": at, "note": "m", "colour": "Blue"}))
            for at, request in enumerate(few)
        ),
    )
    assert differences(admin) == []
    assert (
        list_history(admin.author, admin.schema("people"), made[0].record.uuid, offset=0, limit=1)[
            0
        ]
        == 4
    )
