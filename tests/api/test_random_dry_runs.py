"""Random writes, each tried first: the dry run stores nothing and foretells the answer.

RECORDS_DRY_RUNS=10000 tries that many.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import orjson
import pytest
from django.db import transaction

from records.models import Record
from records.services.catalogue.directory import forget_everything
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_field,
    make_object,
    make_record,
    make_relation,
)
from tests.permissions.test_dry_runs import told
from tests.trying import digests, trying

COUNT = int(os.environ.get("RECORDS_DRY_RUNS", "80"))
SHIPS = "/api/records/ships"
NAMES = ("Aurora", "Boreas", "Corona", "Delphin", "Eos", "Fortuna")
Call = tuple[str, str, Any, dict[str, str]]


@pytest.fixture
def ships(workspace: Caller) -> Caller:
    kinds = (OptionDefinition("Cargo"), OptionDefinition("Ferry"))
    make_object(
        workspace,
        "Ships",
        FieldDefinition("Tons", "integer"),
        FieldDefinition("Call sign", "text", is_unique=True),
        FieldDefinition("Kind", "dropdown", options=kinds),
        FieldDefinition("Labels", "dynamictags"),
        FieldDefinition("Due", "date"),
    )
    make_object(workspace, "Ports")
    make_relation(workspace, "ships", "Port", "ports", "primary", "Fleet")
    make_relation(workspace, "ships", "Master", "ports", "one_to_one", "Ship")
    make_field(workspace, "ships", "Note", "longtext")
    for name in ("Brest", "Calais"):
        make_record(workspace, "ports", name=name)
    return workspace


class Writes:
    """Random calls, some of them wrong."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def values(self) -> list[dict[str, Any]]:
        random = self.random
        ports = [str(row.uuid) for row in Record.objects.filter(object__name="ports")]
        known = {
            "name": random.choice((*NAMES, None)),
            "tons": random.choice((1, 2, 3, "x", None)),
            "call_sign": random.choice(("A", "B", "C", None)),
            "kind": random.choice(("Cargo", "Ferry", "Raft", None)),
            "labels": random.sample(("red", "blue", f"l{random.randrange(30)}"), 2),
            "due": random.choice(("2026-02-28", "2026-02-30", None)),
            "port": {"id": random.choice(ports)},
            "master": random.choice(({"id": random.choice(ports)}, None)),
            "note": "n" * random.randrange(400),
            "unknown": 1,
        }
        names = random.sample(sorted(known), random.randrange(1, 4))
        return [{"name": name, "value": known[name]} for name in names]

    def one(self) -> Call:
        random = self.random
        rows = list(Record.objects.filter(object__name="ships").values_list("uuid", "version"))
        uuid, version = random.choice(rows) if rows else (None, 1)
        body = {"fields": self.values()}
        name = {"name": "name", "value": random.choice(NAMES)}
        named = {"fields": [*(each for each in body["fields"] if each["name"] != "name"), name]}
        match = {"if_match": f'"{version - random.randrange(2)}"'} if random.random() < 0.2 else {}
        items = [
            {"lookup_value": random.choice(NAMES), "fields": self.values()}
            for _ in range(random.randrange(1, 5))
        ]
        batch = {
            "mode": random.choice(("upsert", "patch", "update", "archive")),
            "on_error": random.choice(("stop", "continue")),
            "items": items,
        }
        upsert = {"lookup_value": random.choice(NAMES), **body}
        calls: list[Call] = [
            (
                "POST",
                f"{SHIPS}/add",
                {**named, "unarchive": random.choice(("unarchive", None))},
                {},
            ),
            ("POST", f"{SHIPS}/upsert", upsert, {}),
            ("POST", f"{SHIPS}/batch", batch, {}),
        ]
        if uuid is not None:
            calls += [
                ("PATCH", f"{SHIPS}/{uuid}", body, match),
                ("PATCH", f"{SHIPS}/{uuid}", body, {}),
                ("PUT", f"{SHIPS}/{uuid}", named, match),
                ("DELETE", f"{SHIPS}/{uuid}", None, match),
                ("PATCH", f"{SHIPS}/{uuid}/unarchive", None, {}),
            ]
        return random.choice(calls)


def test_random_writes_are_foretold(ships: Caller, api: ApiClient) -> None:
    writes = Writes(20261130)
    before, done = digests(), 0
    for at in range(COUNT):
        method, path, body, headers = writes.one()
        with trying():
            dry = api.send(method, path, body, **headers)
        assert digests() == before, (at, method, path, body)
        with transaction.atomic():
            real = api.send(method, path, body, **headers)
            # Few of them stay: the tables are read as a whole each time.
            kept = writes.random.random() < 0.1
            transaction.set_rollback(not kept)
        if kept:
            before = digests()
        else:
            before["sequences"] = digests()["sequences"]
            forget_everything()
        foretold = {200, 204} if real.status_code == 204 else {real.status_code}
        assert dry.status_code in foretold, (at, method, path, body, dry.content, real.content)
        assert told(dry.content.decode()) == told(real.content.decode()), (at, method, path, body)
        _check_changes(dry.content, ships)
        done += real.status_code < 300
    assert done > COUNT // 4


def _check_changes(content: bytes, ships: Caller) -> None:
    """What a dry run says of itself fits together."""
    found = orjson.loads(content)
    if not found.get("dry_run"):
        return
    assert len(found["effects"]["records"]) == found["effects"]["record_count"]
    names = {spec.name for spec in ships.schema("ships").fields}
    assert found["changes"].keys() <= names
