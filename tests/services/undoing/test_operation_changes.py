"""The changes of one operation."""

from __future__ import annotations

from records.services.undoing.operation_changes import list_changes
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import Caller, entries, make_object
from tests.services.acting import write_all

from .acting import anew


def test_they_come_object_by_object_in_order(workspace: Caller) -> None:
    doing = anew(workspace)
    for name in ("Notes", "Things"):
        make_object(workspace, name)
    for name, title in (("things", "t"), ("notes", "n"), ("things", "u")):
        request = SaveRequest(Mode.CREATE, entries=entries({"name": title}))
        write_all(doing, name, request)
    found = list_changes(workspace.author, doing.operation, offset=0, limit=10)
    names = [change.entry.changes[0].new for change in found]
    assert [change.schema.name for change in found] == ["notes", "things", "things"]
    assert names == ["n", "t", "u"]
    assert list_changes(workspace.author, doing.operation, offset=1, limit=1) == found[1:2]
