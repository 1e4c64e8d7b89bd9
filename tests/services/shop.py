"""A workspace full of records of every kind, and the oracle's picture of them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from records.models import Attachment
from records.services.writing.save_requests import (
    Mode,
    Outcome,
    SaveRequest,
    SaveResult,
)
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    change_record,
    entries,
    make_member,
    make_object,
    make_relation,
    make_workspace,
)

from .acting import view, write_all
from .oracle import LINKS, Thing

LONG_TEXTS = [
    "x" * 300 + "tail one",
    "x" * 300 + "tail two",
    "ß" * 200 + "Z",
    "Short\n\nremark",
    "100% _sure_",
]
POOLS: Mapping[str, list[Any]] = {
    "title": [
        *(
            "Straße 5",
            "STRASSE 5",
            "strasse \t 5",
            "Cafe\u0301 100%",
            "CAFÉ 100_",
            "a\\b",
            "zebra",
            "Zebra crossing",
        ),
        *(
            "x" * 255,
            "ß" * 255,
            "ß" * 254 + "t",
            "\u017ftop",
            "İstanbul",
            "\u0131stanbul",
            "\U0001d518nicode",
            "日本 語",
            "~",
        ),
    ],
    "code": ["A-1", "a-2", "B 1", "b  1", "%", "_", "\\", "é", "e\u0301e"],
    "remark": LONG_TEXTS,
    "mail": ["Ann@Example.com", "bob@example.com", "Bob+tag@example.com"],
    "phone": ["+12015550123", "+33142685300"],
    "zone": ["Europe/Paris", "America/New_York", "UTC"],
    "ticked": [True, False],
    "colour": ["Red", "Green", "Blue"],
    "agreed": ["Yes", "No", "Maybe"],
    "sizes": [["Small"], ["Small", "Large"], ["Medium", "Large", "Small"]],
    "labels": [["vip"], ["vip", "Straße"], ["new"]],
    "pieces": [-5, 0, 3, 2**53 + 1, 2**63 - 1, -(2**63)],
    "weight": [0.1, 0.3, -0.5, 5, 1e-07, 12345678901234.5],
    "price": [0, 9.99, 10, -3.5],
    "stars": [1, 3, 5],
    "day": ["2024-02-29", "2023-02-01", "1969-12-31", "0001-01-01", "9999-12-31"],
    "moment": [
        *("2024-03-31T01:30:00+01:00", "2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"),
        *("2024-10-27T23:59:59.999999+01:00", "2024-10-28T00:00:00+01:00", "1969-12-31T23:59:59Z"),
    ],
    "owner": ["admin", "second"],
    "keeper": ["admin", "second"],
    "home": ["Rome", "Oslo", "Gone"],
    "seen": [["Rome"], ["Oslo", "Rome"], ["Gone", "Lima"], ["Gone"]],
    "papers": [["p0"], ["p0", "p1"], ["p0", "p1", "p2"]],
}
OPTIONS = {
    "colour": ("Red", "Green", "Blue"),
    "agreed": ("Yes", "No", "Maybe"),
    "sizes": ("Small", "Medium", "Large"),
}
PLACES = ("Rome", "Oslo", "Lima", "Gone", "Bern", "Kyiv")


@dataclass
class Shop:
    """The workspace's admin, the live things, and the ids behind the names the oracle uses."""

    admin: Caller
    things: list[Thing]
    ids: dict[str, str]

    def sent(self, name: str, value: Any) -> Any:
        """A value in the form callers send."""
        if name in LINKS or name in ("owner", "keeper", "papers"):
            return (
                [self.ids.get(item, item) for item in value]
                if isinstance(value, list)
                else self.ids.get(value, value)
            )
        return value


def make_shop(size: int = 48) -> Shop:
    """Things, some of them blank, some archived, linked to places, some of them archived."""
    admin = make_workspace(time_zone="Europe/Paris")
    second = make_member(admin, "second@example.com")
    ids = {"admin": str(admin.member.uuid), "second": str(second.member.uuid)}
    for name in ("p0", "p1", "p2"):
        ids[name] = str(
            Attachment.objects.create(workspace=admin.workspace, name=name, file=f"{name}.txt").uuid
        )
    _define(admin)
    made = [SaveRequest(Mode.CREATE, entries=entries({"name": name})) for name in PLACES]
    places = dict(zip(PLACES, uuids(write_all(admin, "places", *made)), strict=True))
    ids |= places
    shop = Shop(admin, [], ids)
    _fill(shop, size)
    _link(shop)
    archive(admin, "places", places["Gone"])
    _read(shop)
    return shop


def uuids(outcomes: list[Outcome]) -> list[str]:
    return [outcome.record.uuid for outcome in outcomes if isinstance(outcome, SaveResult)]


def _define(admin: Caller) -> None:
    make_object(admin, "Places")
    types = {
        "title": "text",
        "code": "text",
        "remark": "longtext",
        "mail": "email",
        "phone": "phonenumber",
        "zone": "timezone",
        "ticked": "checkbox",
        "colour": "dropdown",
        "agreed": "yesnomaybe",
        "sizes": "checkboxes",
        "labels": "dynamictags",
        "pieces": "integer",
        "weight": "decimal",
        "price": "money",
        "stars": "rating",
        "day": "date",
        "moment": "datetime",
        "keeper": "team_selector",
        "papers": "files",
    }
    fields = [
        FieldDefinition(
            name.capitalize(), kind, options=[OptionDefinition(o) for o in OPTIONS.get(name, ())]
        )
        for name, kind in types.items()
    ]
    make_object(admin, "Things", *fields, identifier_field=None)
    for name, kind in (("Home", "primary"), ("Seen", "additional"), ("Partner", "one_to_one")):
        make_relation(admin, "things", name, "places", kind, f"{name} of")
    make_relation(admin, "things", "Parent", "things", "primary", "Children")
    make_relation(admin, "places", "Host", "things", "primary", "Guests")
    make_relation(admin, "places", "Spouse", "things", "one_to_one", "Spouse of")


def _fill(shop: Shop, size: int) -> None:
    """Random things in six batches, so that some are of one age; every sixth record is archived,
    two are blank."""
    choose = random.Random(1)
    for start in range(0, size, size // 6):
        rows: list[dict[str, Any]] = []
        for at in range(start, start + size // 6):
            sparse = 1.0 if at in (0, size - 1) else 0.35
            rows.append(
                {
                    name: None if choose.random() < sparse else choose.choice(pool)
                    for name, pool in POOLS.items()
                }
            )
        requests = [
            SaveRequest(
                Mode.CREATE,
                entries=entries({name: shop.sent(name, value) for name, value in row.items()}),
            )
            for row in rows
        ]
        made = uuids(write_all(shop.admin, "things", *requests))
        archive(shop.admin, "things", made[3])
        shop.things += [
            Thing(uuid, 0, row)
            for at, (uuid, row) in enumerate(zip(made, rows, strict=True))
            if at != 3
        ]


def _link(shop: Shop) -> None:
    """Links among things, and links to things that are stored in places."""
    for at, thing in enumerate(shop.things):
        shop.ids[f"t{at}"] = thing.uuid
    for child, parent in ((1, 5), (2, 5), (3, 6), (7, 1), (8, 8)):
        thing = shop.things[child]
        change_record(shop.admin, "things", thing.uuid, parent=shop.ids[f"t{parent}"])
        thing.values["parent"] = f"t{parent}"
        shop.things[parent].values.setdefault("children", []).append(f"t{child}")
    for place, host in (("Rome", 1), ("Oslo", 1), ("Lima", 2), ("Gone", 3), ("Gone", 4)):
        change_record(shop.admin, "places", shop.ids[place], host=shop.ids[f"t{host}"])
        for thing in shop.things:
            if place in thing.values.get("guests", ()):
                thing.values["guests"].remove(place)
        shop.things[host].values.setdefault("guests", []).append(place)
    for place, thing_at, field in (
        ("Bern", 9, "partner"),
        ("Gone", 10, "partner"),
        ("Kyiv", 11, "spouse_of"),
    ):
        change_record(shop.admin, "things", shop.things[thing_at].uuid, **{field: shop.ids[place]})
        shop.things[thing_at].values[field] = place


def _read(shop: Shop) -> None:
    """What the oracle takes from the product: keys, times and display names. Archived places are
    out of sight."""
    for thing in shop.things:
        row = view(shop.admin, "things", thing.uuid).row
        thing.key = row.id
        thing.values |= {
            "created": row.created_at,
            "updated": row.updated_at,
            "display_name": row.display_name or None,
        }
        for name in LINKS & thing.values.keys():
            held = thing.values[name]
            thing.values[name] = (
                [item for item in held if item != "Gone"]
                if isinstance(held, list)
                else (None if held == "Gone" else held)
            )
