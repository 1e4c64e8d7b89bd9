"""Workers look after the jobs of every workspace: what they take up and end they name by its
key."""

from __future__ import annotations

import pytest

from tests.factories import Caller, FieldDefinition, make_object, make_record


@pytest.fixture(autouse=True)
def _statements_name_their_workspace() -> None:
    """Not those of workers."""


@pytest.fixture
def things(workspace: Caller) -> list[str]:
    """Three things, of which one has a note."""
    make_object(
        workspace,
        "Things",
        FieldDefinition("Note", "text"),
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition("Needed", "text", is_required=True, default_value="x"),
    )
    notes = {"A": "kept", "B": None, "C": None}
    return [
        make_record(workspace, "things", name=name, note=note).record.uuid
        for name, note in notes.items()
    ]
