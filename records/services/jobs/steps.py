"""What a kind of job is: one batch of its work, done in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from records.exceptions import RecordsError
from records.models import Job
from records.registry import Registry
from records.services.access import Author
from records.services.writing import Outcome

Failure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What one batch did. `position` is where the next one begins, None when that was the last.

    `failures` say which record was refused, and why; `result` is added to what the job has to show.
    """

    position: int | None
    succeeded: int = 0
    failures: Sequence[Failure] = ()
    result: Mapping[str, Any] | None = None


# A kind's function does the batch that begins at `job.position`, inside the transaction that also
# stores how far the job has come: after a kill either both are there, or neither.
kinds: Registry[Callable[[Author, Job], Step]] = Registry("kind of job")

# Kinds that keep account of what they have done themselves are called once, outside of a
# transaction; `beat(done)` extends their lease, and raises Stopped when the job must stop.
Beat = Callable[[int], None]
long_kinds: Registry[Callable[[Author, Job, Beat], Step]] = Registry("kind of long job")


class Stopped(RecordsError):
    """The job was cancelled, or another worker has taken it over."""

    code = "cancelled"


def outcomes_step(
    job: Job, position: int | None, records: Sequence[str], outcomes: Sequence[Outcome]
) -> Step:
    """A step from what the write path made of these records. The job's result counts how many of
    those that succeeded were left as they are, since its beginning."""
    failures = [
        {"record_id": record, "code": outcome.code, "detail": outcome.detail}
        for record, outcome in zip(records, outcomes, strict=True)
        if isinstance(outcome, RecordsError)
    ]
    unchanged = sum(
        not isinstance(outcome, RecordsError) and outcome.action == "unchanged"
        for outcome in outcomes
    )
    told = {"unchanged": job.result.get("unchanged", 0) + unchanged}
    return Step(position, len(outcomes) - len(failures), failures, told)
