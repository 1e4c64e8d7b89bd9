"""Batches in the core: what each mode asks of the write path, and what stops a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from records.exceptions import InvalidInput, NotAllowed, NotFound, RecordsError
from records.services.operations.batch_writes import (
    BatchItem,
    BatchMode,
    BatchRules,
    save_batch,
)
from records.services.storage import ExternalKey
from records.services.writing import Attributes, Outcome, Refused
from tests.factories import Caller, entries, make_member, make_object, make_record
from tests.services.acting import differences, search


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    make_object(workspace, "Notes")
    make_record(workspace, "notes", name="Old")
    return workspace


def run(
    caller: Caller, mode: BatchMode, *items: BatchItem | RecordsError, **more: Any
) -> Sequence[Outcome]:
    rules = BatchRules(**{key: more.pop(key) for key in ("on_archived",) if key in more})
    schema = caller.schema("notes")
    return save_batch(
        caller.author, schema, mode, items, rules, all_or_none=more.get("all_or_none", True)
    )


def actions(outcomes: Sequence[Outcome]) -> list[str]:
    return [
        type(outcome).__name__ if isinstance(outcome, RecordsError) else outcome.action
        for outcome in outcomes
    ]


def stored(caller: Caller) -> list[str]:
    return sorted(view.display_name for view in search(caller, "notes").views)


def named(name: str) -> BatchItem:
    return BatchItem(entries({"name": name}))


def test_items_that_could_not_be_read_keep_their_places(notes: Caller) -> None:
    unread = InvalidInput("expected an object.")

    outcomes = run(notes, BatchMode.CREATE, unread, named("New"), unread, all_or_none=False)
    assert actions(outcomes) == ["InvalidInput", "created", "InvalidInput"]
    assert outcomes[0] is unread
    with pytest.raises(Refused) as refused:
        run(notes, BatchMode.CREATE, named("Newer"), unread, named("Old"))
    assert sorted(refused.value.outcomes) == [1, 2]
    assert stored(notes) == ["New", "Old"]
    assert not differences(notes)


def test_an_external_id_names_a_record_or_is_given_to_one(notes: Caller) -> None:
    key = ExternalKey("crm", "7")

    given = run(
        notes, BatchMode.PATCH, BatchItem(lookup_value="old", attributes=Attributes(external=key))
    )
    assert actions(given) == ["updated"]
    changed = run(
        notes,
        BatchMode.PATCH,
        BatchItem(entries({"name": "By key"}), attributes=Attributes(external=key)),
    )
    assert actions(changed) == ["updated"]
    assert stored(notes) == ["By key"]
    assert actions(
        run(notes, BatchMode.ARCHIVE, BatchItem(attributes=Attributes(external=key)))
    ) == ["archived"]


def test_rights_hold_item_by_item(notes: Caller) -> None:
    reader = make_member(notes, "reader@example.com", {"notes": {"view": "all"}})
    blind = make_member(notes, "blind@example.com", {"notes": {"create": True}})

    items = (BatchItem(entries({"name": "X"}), lookup_value="Old"),)
    assert isinstance(run(reader, BatchMode.PATCH, *items, all_or_none=False)[0], NotAllowed)
    assert isinstance(run(blind, BatchMode.PATCH, *items, all_or_none=False)[0], NotFound)
    assert isinstance(
        run(reader, BatchMode.ARCHIVE, BatchItem(lookup_value="Old"), all_or_none=False)[0],
        NotAllowed,
    )
