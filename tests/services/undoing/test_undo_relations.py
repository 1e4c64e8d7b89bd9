"""Which undo is in effect, however often something was undone and redone."""

from __future__ import annotations

from uuid import UUID

from records.models import Job, JobStatus, new_uuid
from records.services.undoing.undo_relations import find_undo, undone_by
from tests.factories import Caller


def undo(caller: Caller, operation: str, status: str = JobStatus.DONE, records: int = 1) -> str:
    job = Job.objects.create(
        workspace=caller.workspace,
        member=caller.member,
        kind="undo",
        undoes=UUID(operation),
        status=status,
        result={"records": records},
    )
    return str(job.operation_id)


def test_an_undo_that_is_undone_is_not_in_effect(workspace: Caller) -> None:
    first, second = str(new_uuid()), str(new_uuid())
    key = workspace.workspace.pk
    assert find_undo(key, UUID(first)) is None
    undone = undo(workspace, first)
    assert find_undo(key, UUID(first)) == undone
    redone = undo(workspace, undone)
    assert undone_by(key, [first, undone, second]) == {undone: redone}
    again = undo(workspace, redone)
    assert undone_by(key, [first, undone, redone]) == {first: undone, redone: again}
    newest = undo(workspace, first)
    assert find_undo(key, UUID(first)) == newest


def test_one_that_did_nothing_or_is_under_way_is_none(workspace: Caller) -> None:
    operation = str(new_uuid())
    undo(workspace, operation, JobStatus.RUNNING)
    undo(workspace, operation, records=0)
    assert undone_by(workspace.workspace.pk, [operation]) == {}
