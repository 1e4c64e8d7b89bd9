"""Clearing the values of deleted fields out of the records."""

from __future__ import annotations

from collections.abc import Iterable

from records.models import Field, Job
from records.services.access import Author
from records.services.shaping import clear_values, count_holders, find_holders

from .job_runs import start_job
from .steps import Step, kinds

CLEAR_FIELD = "clear_field"


def start_clearing(author: Author, field_ids: Iterable[int]) -> None:
    """Begin to clear these deleted fields, one job for each that has values."""
    for field_id in field_ids:
        total = count_holders(author.workspace.id, field_id)
        if total:
            object_id = Field.objects.values_list("object_id", flat=True).get(
                workspace_id=author.workspace.id, id=field_id
            )
            start_job(author, CLEAR_FIELD, object_id, {"field_id": field_id}, total)


def _clear(author: Author, job: Job) -> Step:
    field_id: int = job.parameters["field_id"]
    # Cleared records are no longer found, so a resumed job needs no position.
    records = find_holders(job.workspace_id, field_id)
    if not records:
        return Step(None)
    clear_values(author, field_id, records)
    return Step(job.position + len(records), len(records))


kinds.register(CLEAR_FIELD, _clear)
