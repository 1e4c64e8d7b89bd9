"""Texts that an earlier release indexed with their accents alone are indexed anew by the upgrade."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from records.field_types import normal_text, shown_text
from records.models import FieldValue, Record
from records.services.people import update_workspace
from tests.factories import Caller, FieldDefinition, make_object, make_record
from tests.services.acting import differences, search

migration: Any = import_module("records.migrations.0019_texts_without_accents")
languages: Any = import_module("records.migrations.0022_workspace_language")
LABELS = ["Äpfel", "Apfel", "é" * 200, "x" * 300, "x" * 254 + "é", "Øl", "Ёлка", "plain", "日本"]


class Editor:
    """What a migration is given."""

    connection = connection


@pytest.fixture
def things(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Things",
        FieldDefinition("Label", "text", is_unique=True),
        FieldDefinition("Note", "longtext"),
    )
    for at, label in enumerate(LABELS):
        make_record(workspace, "things", name=f"Åse {at}", label=label[:255], note=label * 3)
    return workspace


def states() -> tuple[list[Any], list[Any]]:
    index = FieldValue.objects.order_by("record_id", "field_id", "position")
    names = Record.objects.order_by("id").values_list("id", "display_key")
    return list(index.values_list("record_id", "text", "overflow", "unique_key")), list(names)


def test_the_upgrade_writes_what_this_release_reads(
    things: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration, "BATCH", 3)
    now = states()
    assert differences(things) == []

    migration.unfold(apps, Editor)

    before = states()
    assert all("\x1f" not in (whole or text) for _, text, whole, _ in before[0] if text)
    assert before != now
    assert differences(things) != []
    assert normal_text("Äpfel") in {unique for *_, unique in before[0]}

    migration.fold(apps, Editor)

    assert states() == now
    assert differences(things) == []
    query = [{"filters": [{"field": "label", "condition": "contains", "value": "apfel"}]}]
    assert len(search(things, "things", query=query).views) == 2
    assert shown_text("plain") == "plain"


def test_an_earlier_release_reads_texts_without_the_keys_of_a_language(
    things: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(languages, "BATCH", 3)
    row = things.workspace
    before = states()
    update_workspace(
        things.author, name=row.name, time_zone=row.time_zone, region=row.region, language="sv"
    )
    assert states() != before

    languages.without_keys(apps, Editor)

    assert states() == before
