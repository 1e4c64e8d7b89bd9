"""A change as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from records.services.feed.contents import change_content
from records.services.feed.definitions import DefinitionChange
from records.services.feed.told_changes import Change


def test_a_change_is_told_in_the_workspaces_time() -> None:
    when = datetime(2026, 11, 30, 12, tzinfo=UTC)
    shown = change_content(Change("created", 1, "items", when, "u", 7, 1), ZoneInfo("Europe/Paris"))
    assert shown["created"] == "2026-11-30T13:00:00+01:00"
    assert (shown["object"], shown["record_id"], shown["version"]) == ("items", "u", 1)
    assert shown["definition"] is None


def test_a_definition_is_told_with_its_names() -> None:
    what = DefinitionChange("field", "created", 3, "u", "size", "Size")
    shown = change_content(Change("defined", 1, "items", None, definition=what), ZoneInfo("UTC"))
    assert shown["created"] is None
    assert shown["definition"] == {
        "kind": "field",
        "change": "created",
        "id": "u",
        "name": "size",
        "label": "Size",
    }
