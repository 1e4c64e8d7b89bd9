"""What the write path made of a batch, as a step of a job."""

from __future__ import annotations

from dataclasses import replace

import pytest

from records.exceptions import NotFound
from records.models import Job
from records.services.jobs.steps import (
    Step,
    kinds,
    long_kinds,
    outcomes_step,
)
from records.services.writing.save_requests import Outcome
from tests.factories import Caller, make_object, make_record


def test_refused_records_are_failures_and_the_others_succeeded(workspace: Caller) -> None:
    make_object(workspace, "Things")
    made = make_record(workspace, "things", name="A")
    same = replace(made, action="unchanged")
    outcomes: list[Outcome] = [made, NotFound(), same]
    job = Job(result={"unchanged": 2})

    assert outcomes_step(job, 500, ["a", "b", "c"], outcomes) == Step(
        500,
        2,
        [{"record_id": "b", "code": "not_found", "detail": "Not found."}],
        {"unchanged": 3},
    )
    assert outcomes_step(Job(), None, [], []) == Step(None, 0, [], {"unchanged": 0})


def test_a_record_without_an_outcome_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="zip"):
        outcomes_step(Job(), None, ["a", "b"], [NotFound()])


def test_every_kind_of_job_is_registered_once() -> None:
    short, long = set(kinds), set(long_kinds)

    assert short == {"bulk_archive", "bulk_change", "clear_field", "recompute_formulas", "undo"}
    assert long == {"import", "import_dry_run"}
