"""Operations as their readers see them."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.services.undoing import operation_list
from records.services.undoing.operation_list import find_operation, list_operations
from records.services.undoing.operation_walk import SoughtOperations
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import Caller, entries, make_object
from tests.services.acting import write_all

from .acting import anew


def make(caller: Caller, *names: str) -> str:
    """An operation that creates these notes."""
    doing = anew(caller)
    requests = [SaveRequest(Mode.CREATE, entries=entries({"name": name})) for name in names]
    write_all(doing, "notes", *requests)
    return str(doing.operation)


def test_a_list_takes_a_fixed_number_of_statements(workspace: Caller) -> None:
    make_object(workspace, "Notes")
    author = workspace.author

    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            list_operations(author, SoughtOperations(), limit=50)
        return len(queries)

    make(workspace, "a")
    counted()  # what is compiled once
    few = counted()
    for at in range(20):
        make(workspace, f"b {at}", f"c {at}")
    assert counted() == few == 5


def test_a_list_counts_up_to_a_bound_and_one_is_counted_whole(
    workspace: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_object(workspace, "Notes")
    made = make(workspace, *"abcde")
    monkeypatch.setattr(operation_list, "COUNTED", 3)
    (view,) = list_operations(workspace.author, SoughtOperations(), limit=5).operations
    assert (view.totals, view.more, view.record_uuid) == ({"created": 3}, True, None)
    found = find_operation(workspace.author, UUID(made))
    assert found is not None
    assert (found.totals, found.more) == ({"created": 5}, False)
