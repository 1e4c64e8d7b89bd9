"""What an operation did to a record, all in all."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.storage.rows import RecordRow
from records.services.undoing.effects import Effect
from records.services.undoing.operation_rows import LedgerRow

Diff = dict[str, list[Any]]


def row(changes: Diff, action: str = "updated", version: int = 1) -> LedgerRow:
    return LedgerRow(
        1, 1, 1, version, action, "", "active", None, "", None, None, None, None, changes
    )


@pytest.mark.parametrize(
    ("writes", "net"),
    [
        ([{"1": [1, 2]}], {"1": (1, 2)}),
        ([{"1": [1, 2]}, {"1": [2, 3], "2": [None, "a"]}], {"1": (1, 3), "2": (None, "a")}),
        ([{"1": [1, 2]}, {"1": [2, 1]}], {}),
        # In between somebody else has written 5: it is what comes back.
        ([{"1": [1, 2]}, {"1": [5, 3]}], {"1": (5, 3)}),
        ([{"1": [0, 1]}, {"1": [1, 2]}, {"1": [5, 3]}, {"1": [3, 4]}], {"1": (5, 4)}),
        ([{"1": [1, True]}], {}),
        ([{"1": [[1], [True]]}], {"1": ([1], [True])}),
    ],
)
def test_what_came_of_several_writes(writes: list[Diff], net: dict[str, Any]) -> None:
    assert Effect([row(changes) for changes in writes]).changes() == net


def test_what_was_changed_since_is_told_by_value() -> None:
    effect = Effect([row({})], [row({"1": [1, 2]}), row({"1": [2, 1], "2": [None, 7]})])
    assert effect.changed_since(RecordRow(1, "", {"1": 1, "2": 7}), []) == ["2"]
    assert effect.changed_since(RecordRow(1, "", {"1": 1, "2": 7}), ["2"]) == []


def test_what_kind_of_effect_it_is() -> None:
    assert Effect([row({}, "created")]).created
    assert Effect([row({}, "deleted")]).erased
    assert Effect([row({}, "attached")]).touched_files
    assert not Effect([row({})], [], row({})).created
