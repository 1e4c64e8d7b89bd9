"""Whatever is written through whichever door: the ledger, replayed from empty, is the stored
records."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

import tests.replaying.apis
import tests.replaying.staff  # noqa: F401 - these register their doors
from records.models import Record, Source
from tests.factories import Caller
from tests.services.acting import differences

from .doors import doors, weights
from .world import World

OPERATIONS = int(os.environ.get("RECORDS_OPERATIONS", "300"))
SEED = int(os.environ.get("RECORDS_SEED", "1"))
LOOKS = 10  # how often, on the way, all records are remembered
Ledger: Any = Record.history.model
COPIED = (
    "state",
    "object_id",
    "owner_id",
    "member_id",
    "external_source",
    "external_id",
    "cancelled_at",
)
Stored = dict[str, tuple[Any, ...]]


@dataclass
class Replayed:
    """A record as far as the ledger was replayed."""

    values: dict[str, Any] = field(default_factory=dict)
    version: int = 0
    copied: tuple[Any, ...] = ()


def stored(caller: Caller) -> Stored:
    """All records: document, version, and what the ledger copies."""
    rows = Record.objects.filter(workspace=caller.workspace)
    return {str(row.uuid): (row.values, row.version, copied(row)) for row in rows.iterator()}


def copied(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in COPIED)


def ledger_rows(caller: Caller, after: int) -> Any:
    """The rows of the ledger, in the order in which they were written."""
    rows = Ledger.objects.filter(workspace_id=caller.workspace.pk, history_id__gt=after)
    return rows.order_by("history_id").iterator()


def replay(rows: Iterable[Any], records: dict[str, Replayed]) -> int:
    """Apply rows, one after the other, each of which must begin where the last one left; the last
    one's key."""
    last = 0
    for row in rows:
        last = row.history_id
        if row.action == "deleted":  # for good: its rows are gone, but for this one
            assert str(row.uuid) not in records
            continue
        record = records.setdefault(str(row.uuid), Replayed())
        record.version += 1
        assert row.version == record.version, (row.uuid, row.version)
        for key, (old, new) in row.changes.items():
            assert record.values.get(key) == old, (row.uuid, row.version, key)
            assert old != new, (row.uuid, row.version, key)
            record.values[key] = new
            if new is None:
                del record.values[key]
        record.copied = copied(row)
    return last


def plain(records: dict[str, Replayed]) -> Stored:
    return {uuid: (dict(row.values), row.version, row.copied) for uuid, row in records.items()}


@pytest.fixture
def world(workspace: Caller, tmp_path: Path, settings: Settings) -> World:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.DATA_DIR = tmp_path / "data"
    return World(workspace, SEED, tmp_path)


def test_the_ledger_replayed_from_empty_is_what_is_stored(world: World) -> None:
    remembered = write_at_random(world, OPERATIONS)

    written = Ledger.objects.filter(workspace_id=world.admin.workspace.pk)
    gone = {str(uuid) for uuid in written.filter(action="deleted").values_list("uuid", flat=True)}
    records: dict[str, Replayed] = {}
    last = 0
    for key, before in remembered:
        rows = (row for row in ledger_rows(world.admin, last) if row.history_id <= key)
        last = replay(rows, records) or last
        kept = {uuid: row for uuid, row in before.items() if uuid not in gone}
        assert plain(records) == kept, f"as of row {key}"
    assert plain(records) == stored(world.admin)
    assert differences(world.admin) == []

    sources = set(written.values_list("source", flat=True))
    assert sources == set(Source)


def write_at_random(world: World, operations: int) -> list[tuple[int, Stored]]:
    """Use random doors so often; all records as they stood at some moments, with the ledger's last
    key then."""
    remembered = []
    names = list(doors)
    every = max(operations // LOOKS, 1)
    for step in range(operations):
        if step % 10 == 0:
            world.look()
        doors[world.pick.choices(names, [weights[name] for name in names])[0]](world)
        if step % every == every - 1:
            assert differences(world.admin) == [], (step, world.told)
            doors["reindexing"](world)
            rows = Ledger.objects.filter(workspace_id=world.admin.workspace.pk).order_by(
                "-history_id"
            )
            remembered.append((rows.values_list("history_id", flat=True)[0], stored(world.admin)))
    return remembered
