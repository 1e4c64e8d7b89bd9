"""What an undo has left, as it is now."""

from __future__ import annotations

import pytest

from records.models import Job, LeftOut, new_uuid
from records.services.undoing.left_out import DETAILS, REFUSED, list_left, reasons_of
from records.services.undoing.undo_plans import Left
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    change_record,
    make_member,
    make_object,
    make_record,
)
from tests.services.acting import write


@pytest.fixture
def job(workspace: Caller) -> Job:
    make_object(workspace, "Orders", FieldDefinition("Amount", "integer"))
    return Job.objects.create(
        workspace=workspace.workspace,
        member=workspace.member,
        kind="undo",
        operation_id=new_uuid(),
        result={"undoes": str(new_uuid())},
    )


def leave(job: Job, caller: Caller, record: int, field: str | None, code: str) -> None:
    schema = caller.schema("orders")
    LeftOut.objects.create(
        workspace=job.workspace,
        job=job,
        object=schema.id,
        record=record,
        field=None if field is None else schema.by_name[field].id,
        code=code,
    )


def test_it_is_named_with_its_value_and_who_made_it_so(workspace: Caller, job: Job) -> None:
    kept = make_record(workspace, "orders", name="a", amount=1).record
    gone = make_record(workspace, "orders", name="b").record
    change_record(workspace, "orders", kept.uuid, amount=2)
    change_record(workspace, "orders", kept.uuid, name="c")
    write(workspace, "orders", SaveRequest(Mode.DELETE_PERMANENTLY, gone.uuid))
    leave(job, workspace, kept.id, "amount", "changed_since")
    leave(job, workspace, kept.id, None, "odd")
    leave(job, workspace, gone.id, None, "deleted_permanently")
    count, (field, record, erased) = list_left(
        workspace.author, job.operation_id, offset=0, limit=10
    )
    assert count == 3
    assert field.since is not None
    assert (field.value, field.since.version, field.detail) == (2, 2, DETAILS["changed_since"])
    assert record.since is not None
    assert (record.field, record.since.version, record.detail) == (None, 3, REFUSED)
    assert (erased.record_uuid, erased.name) == (gone.uuid, "")
    assert list_left(workspace.author, job.operation_id, offset=2, limit=10)[1] == [erased]


def test_what_is_out_of_sight_is_not_counted(workspace: Caller, job: Job) -> None:
    grants = {"orders": {"view": "own", "create": True}}
    member = make_member(workspace, "m@example.com", grants, hidden=[("orders", "amount")])
    mine = make_record(member, "orders", name="mine").record
    other = make_record(workspace, "orders", name="other").record
    for record in (mine, other):
        leave(job, workspace, record.id, "amount", "changed_since")
        leave(job, workspace, record.id, "name", "unique")
    count, left = list_left(member.author, job.operation_id, offset=0, limit=10)
    assert (count, [(each.record_uuid, each.code) for each in left]) == (1, [(mine.uuid, "unique")])
    assert list_left(member.author, new_uuid(), offset=0, limit=10) == (0, [])


def test_the_failures_of_its_job_name_records(workspace: Caller, job: Job) -> None:
    record = make_record(workspace, "orders", name="a").record
    left = Left(workspace.schema("orders").id, record.id, None, "archived")
    assert reasons_of(workspace.workspace.pk, [left]) == [
        {"record_id": record.uuid, "code": "archived", "detail": DETAILS["archived"]}
    ]
    assert reasons_of(workspace.workspace.pk, []) == []
