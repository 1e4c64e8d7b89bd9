"""The values of a deleted field go with a job; without values there is none."""

from __future__ import annotations

from records.models import Job
from records.services.jobs.clearing import start_clearing
from records.services.shaping.field_removal import count_holders, delete_field
from tests.factories import Caller
from tests.services.acting import differences


def test_fields_with_values_are_cleared(workspace: Caller, things: list[str]) -> None:
    schema = workspace.schema("things")
    note, tags = schema.by_name["note"].id, schema.by_name["tags"].id
    doomed = [*delete_field(workspace.author, note), *delete_field(workspace.author, tags)]

    start_clearing(workspace.author, doomed)

    job = Job.objects.get(workspace=workspace.workspace)  # nothing has tags
    assert (job.kind, job.status, job.total, job.success_count) == ("clear_field", "done", 1, 1)
    assert count_holders(workspace.workspace.pk, note) == 0
    assert differences(workspace) == []
