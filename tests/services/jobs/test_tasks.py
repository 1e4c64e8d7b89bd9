"""The task that workers run."""

from __future__ import annotations

from django_tasks_db.models import DBTaskResult

from records.models import Job, JobStatus
from records.services.jobs.bulk_jobs import ARCHIVE
from records.services.jobs.job_runs import start_job
from records.services.jobs.tasks import run_job_task, run_later
from tests.factories import Caller


def test_a_task_names_its_job_and_a_second_one_finds_nothing_to_do(
    workspace: Caller, things: list[str]
) -> None:
    schema = workspace.schema("things")
    view = start_job(workspace.author, ARCHIVE, schema.id, {"record_ids": things}, 3, inline=False)
    job = Job.objects.get(uuid=view.uuid)
    run_later(job.pk)
    assert [row.task_result.args for row in DBTaskResult.objects.all()] == [[job.pk], [job.pk]]

    for _ in range(2):
        run_job_task.call(job.pk)

    job.refresh_from_db()
    assert (job.status, job.success_count) == (JobStatus.DONE, 3)
