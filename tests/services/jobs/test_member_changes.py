"""Formulas that tell of a record's member: computed with each write, and by a job when the member
changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from records.models import Job, JobStatus, Member, Record
from records.services.access.definition_access import operator_of
from records.services.jobs.job_runs import run_job
from records.services.people import member_formulas
from records.services.people.members import add_member, update_member
from records.services.writing.save import save_records
from records.services.writing.save_requests import Attributes, Mode, SaveRequest
from tests.factories import Caller, FieldDefinition, archive, entries, make_object, make_record
from tests.services.acting import cost, differences, history, read, save, write


def formula(label: str, expression: str, **more: str) -> FieldDefinition:
    settings = {"formula_options": {"expression": expression, **more}}
    return FieldDefinition(label, "formula", settings=settings)


@pytest.fixture
def visits(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Visits",
        FieldDefinition("Steps", "integer"),
        formula("Who", "member.name == '' ? 'nobody' : member.name"),
        formula("Vip", "'vip' in member.labels"),
        formula("Age", "member.age"),
        formula("Week", "now.year * 100 + now.month"),
        formula("Double", "record.data.steps * 2"),
    )
    make_object(workspace, "Others")
    return workspace


def member_of(caller: Caller, **details: Any) -> Member:
    return add_member(caller.author, email="ann@example.com", **details)[0]


def visit(caller: Caller, name: str, member: int | None, **values: Any) -> str:
    request = SaveRequest(
        Mode.CREATE,
        entries=entries({"name": name, **values}),
        attributes=Attributes(member_id=member),
    )
    return write(caller, "visits", request).record.uuid


def shown(caller: Caller, uuid: str, *names: str) -> list[Any]:
    values = read(caller, "visits", uuid)
    return [values.get(name) for name in names]


def work_off(caller: Caller) -> list[Job]:
    """The jobs that wait, done."""
    waiting = list(Job.objects.filter(workspace=caller.workspace, finished_at=None))
    for job in waiting:
        run_job(job.pk)
    return list(Job.objects.filter(id__in=[job.pk for job in waiting], workspace=caller.workspace))


def test_formulas_read_the_records_member(visits: Caller) -> None:
    ann = member_of(visits, first_name="Ann", last_name="Lee", labels=["vip"])
    hers, nobodys = visit(visits, "a", ann.pk), visit(visits, "b", None)
    assert shown(visits, hers, "who", "vip", "age") == ["Ann Lee", True, -1]
    assert shown(visits, nobodys, "who", "vip", "age") == ["nobody", False, -1]
    given = SaveRequest(Mode.UPDATE, nobodys, attributes=Attributes(member_id=ann.pk))
    write(visits, "visits", given)
    assert shown(visits, nobodys, "who", "vip") == ["Ann Lee", True]


def test_the_moment_is_that_of_the_write(visits: Caller) -> None:
    with time_machine.travel("2030-05-31T23:30:00Z", tick=False):
        uuid = visit(visits, "a", None, steps=1)
    assert shown(visits, uuid, "week", "double") == [203006, 2]  # by the workspace's clocks
    with time_machine.travel("2031-07-01T12:00:00Z", tick=False):
        assert shown(visits, uuid, "week") == [203006]
        # A write that changes nothing leaves no trace.
        assert save(visits, "visits", Mode.UPDATE, uuid, steps=1).action == "unchanged"
        assert shown(visits, uuid, "week") == [203006]
        save(visits, "visits", Mode.UPDATE, uuid, steps=2)
        assert shown(visits, uuid, "week", "double") == [203107, 4]


def test_a_members_new_name_and_labels_are_told_by_a_job(visits: Caller) -> None:
    ann = member_of(visits, first_name="Ann")
    hers = [visit(visits, str(n), ann.pk, steps=n) for n in range(3)]
    archive(visits, "visits", hers[1])
    others = visit(visits, "other", None)
    versions = dict(
        Record.objects.filter(workspace=visits.workspace).values_list("uuid", "version")
    )

    update_member(visits.author, ann, first_name="Anne", labels=["vip"])
    (job,) = work_off(visits)

    assert (job.kind, job.status, job.total, job.success_count) == (
        "recompute_formulas",
        JobStatus.DONE,
        3,
        3,
    )
    for uuid in (hers[0], hers[2]):
        assert shown(visits, uuid, "who", "vip") == ["Anne", True]
        (entry, *_) = history(visits, "visits", uuid)
        assert {change.field.name for change in entry.changes} == {"who", "vip"}
        assert entry.reason.startswith("The record's member has changed")
    assert shown(visits, others, "who") == ["nobody"]
    now = dict(
        Record.objects.filter(workspace=visits.workspace)
        .order_by("id")
        .values_list("uuid", "version")
    )
    assert [now[key] - versions[key] for key in now] == [1, 1, 1, 0]
    assert differences(visits) == []


@pytest.mark.parametrize("size", [1, 2])
def test_a_job_goes_on_where_it_was(
    visits: Caller, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_formulas, "BATCH", size)
    ann = member_of(visits, first_name="Ann")
    hers = [visit(visits, str(n), ann.pk) for n in range(4)]
    update_member(visits.author, ann, first_name="Anne")
    (job,) = work_off(visits)
    assert (job.status, job.success_count) == (JobStatus.DONE, 4)
    assert {shown(visits, uuid, "who")[0] for uuid in hers} == {"Anne"}


@pytest.mark.parametrize(
    ("details", "followed"),
    [
        ({"first_name": "Anne"}, True),
        ({"labels": ["x"]}, True),
        ({"phone": "+12015550123"}, False),
        ({"locale": "de"}, False),
        ({"first_name": "Ann"}, False),
    ],
)
def test_only_what_formulas_read_is_followed(
    visits: Caller, details: dict[str, Any], followed: bool
) -> None:
    ann = member_of(visits, first_name="Ann")
    visit(visits, "a", ann.pk)
    update_member(visits.author, ann, **details)
    assert bool(work_off(visits)) is followed


def test_members_without_records_start_no_job(visits: Caller) -> None:
    update_member(visits.author, member_of(visits, first_name="Ann"), first_name="Anne")
    assert work_off(visits) == []


def test_an_operators_change_is_followed_in_the_name_of_an_admin(visits: Caller) -> None:
    ann = member_of(visits, first_name="Ann")
    uuid = visit(visits, "a", ann.pk)
    operator = operator_of(visits.workspace.pk, visits.member.user_id)
    update_member(operator, ann, first_name="Anne")
    (job,) = work_off(visits)
    assert job.member_id == visits.member.pk
    assert shown(visits, uuid, "who") == ["Anne"]


def test_the_cost_of_a_batch_does_not_grow(visits: Caller) -> None:
    ann = member_of(visits, first_name="Ann")

    def batch(size: int) -> int:
        requests = [
            SaveRequest(
                Mode.CREATE,
                entries=entries({"name": f"{size} {n}"}),
                attributes=Attributes(member_id=(ann.pk, visits.member.pk)[n % 2]),
            )
            for n in range(size)
        ]
        work: Callable[..., Any] = save_records
        return cost(work, visits.author, visits.schema("visits"), requests)

    batch(2)
    assert batch(3) == batch(6)
    assert make_record(visits, "others", name="a").action == "created"
