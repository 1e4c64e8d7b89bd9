"""The task that workers run: one job."""

from __future__ import annotations

from django_tasks import task


@task()
def run_job_task(job_id: int) -> None:
    """Work on a job, unless it is done or another worker has it."""
    # job_runs imports this module to queue tasks.
    from .job_runs import run_job

    run_job(job_id)


def run_later(job_id: int) -> None:
    """Let a worker run a job; part of the open transaction, if there is one."""
    run_job_task.enqueue(job_id)
