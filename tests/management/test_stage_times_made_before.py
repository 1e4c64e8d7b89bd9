"""Stage times of records that moved before there was a table of them: the migration reads the
ledger."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from records.models import StageTime
from tests.factories import (
    Caller,
    archive,
    change_record,
    make_object,
    make_record,
    make_workspace,
)
from tests.services.acting import differences

migration: Any = import_module("records.migrations.0028_stage_times")


def test_the_times_of_every_pipeline_are_filled_from_the_ledger(
    workspace: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_workspace("Another workspace", "other@example.com")
    for caller in (workspace, other):
        make_object(caller, "Deals", object_type="pipeline")
        make_object(caller, "Bids", object_type="pipeline")
        make_object(caller, "Notes")
        for at in range(5):  # the records of the objects stand between each other
            uuid = make_record(caller, "deals", name=f"deal {at}", stage="New").record.uuid
            make_record(caller, "bids", name=f"bid {at}", stage="Lost")
            make_record(caller, "notes", name=f"note {at}")
            for stage in ("Won", "New", "Lost")[:at]:
                change_record(caller, "deals", uuid, stage=stage)
            if at % 2:
                archive(caller, "deals", uuid)
    kept = times()
    StageTime.objects.all().delete()
    assert differences(workspace) != []

    monkeypatch.setattr(migration, "BATCH", 2)
    migration.fill(apps, SimpleNamespace(connection=connection))

    assert times() == kept
    assert differences(workspace) == differences(other) == []


def times() -> list[tuple[Any, ...]]:
    return sorted(
        StageTime.objects.values_list("workspace_id", "record_id", "stage", "entered_at", "left_at")
    )
