"""The values of a deleted field go with a job; without values there is none."""

from __future__ import annotations

import pytest

from records.exceptions import Conflict
from records.models import Field, Job, JobStatus
from records.services.access.author import renewed
from records.services.jobs.clearing import removal_reasons, remove_type_field, start_clearing
from records.services.shaping.changes import update_field
from records.services.shaping.field_removal import count_holders, delete_field
from tests.factories import Caller, change_record
from tests.services.acting import differences


def test_fields_with_values_are_cleared(workspace: Caller, things: list[str]) -> None:
    schema = workspace.schema("things")
    note, tags = schema.by_name["note"].id, schema.by_name["tags"].id
    doomed = [*delete_field(workspace.author, note), *delete_field(workspace.author, tags)]

    start_clearing(workspace.author, doomed)

    job = Job.objects.get(workspace=workspace.workspace)  # nothing has tags
    assert (job.kind, job.status, job.total, job.success_count) == (
        "clear_field",
        JobStatus.DONE,
        1,
        1,
    )
    assert count_holders(workspace.workspace.pk, note) == 0
    assert differences(workspace) == []


def test_a_validation_that_reads_a_removed_field_goes_with_it(
    workspace: Caller, things: list[str]
) -> None:
    """It would refuse every value from then on."""
    field = Field.objects.get(workspace=workspace.workspace, object__name="things", name="tags")
    note = workspace.schema("things").by_name["note"]
    rule = {"validation": "record.data.note != 'x'", "validation_message": "Not x."}
    update_field(workspace.author, field, **rule)  # type: ignore[arg-type]
    author = renewed(workspace.author)
    schema = workspace.schema("things")
    assert "the validation of 'tags' reads it" in removal_reasons(author, schema, note.id)
    with pytest.raises(Conflict):
        remove_type_field(author, schema, note.id, force=False)

    remove_type_field(author, schema, note.id, force=True)
    assert workspace.schema("things").by_name["tags"].validation == ""
    change_record(workspace, "things", things[0], tags=["new"])
