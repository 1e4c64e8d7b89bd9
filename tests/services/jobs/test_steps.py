"""What the write path made of a batch, as a step of a job."""

from __future__ import annotations

import pytest

from records.exceptions import NotFound
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
    outcomes: list[Outcome] = [make_record(workspace, "things", name="A"), NotFound()]

    assert outcomes_step(500, ["a", "b"], outcomes) == Step(
        500, 1, [{"record_id": "b", "code": "not_found", "detail": "Not found."}]
    )
    assert outcomes_step(None, [], []) == Step(None, 0, [])


def test_a_record_without_an_outcome_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="zip"):
        outcomes_step(None, ["a", "b"], [NotFound()])


def test_every_kind_of_job_is_registered_once() -> None:
    short, long = set(kinds), set(long_kinds)

    assert short == {"bulk_archive", "bulk_change", "clear_field", "recompute_formulas", "undo"}
    assert long == {"import", "import_dry_run"}
