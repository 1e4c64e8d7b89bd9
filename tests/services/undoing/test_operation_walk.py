"""From operation to operation."""

from __future__ import annotations

from uuid import UUID

import pytest

from records.models import Workspace
from records.services.undoing import operation_list, operation_walk
from records.services.undoing.operation_list import list_operations
from records.services.undoing.operation_walk import OperationKind, SoughtOperations
from tests.factories import Caller, make_object, make_workspace

from .test_operation_list import make


def test_a_rare_filter_leads_on_over_short_pages(
    workspace: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_object(workspace, "Notes")
    for module in (operation_walk, operation_list):
        monkeypatch.setattr(module, "EXAMINED", 2)
    made = [make(workspace, name) for name in "abcde"]
    rare = SoughtOperations(kind=OperationKind.UNDO)
    page = list_operations(workspace.author, rare, limit=1)
    assert (page.operations, page.after) == ([], made[3])
    seen = []
    sought = SoughtOperations()
    while True:
        page = list_operations(workspace.author, sought, limit=2)
        seen += [view.uuid for view in page.operations]
        if page.after is None:
            break
        sought = SoughtOperations(before=UUID(page.after))
    assert seen == made[::-1]


def test_another_workspace_is_passed_over(workspace: Caller) -> None:
    make_object(workspace, "Notes")
    made = make(workspace, "a")
    other = make_workspace("Another", "other@example.com")
    make_object(other, "Notes")
    make(other, "b")
    page = list_operations(workspace.author, SoughtOperations(), limit=5)
    assert [view.uuid for view in page.operations] == [made]
    assert Workspace.objects.count() == 2
