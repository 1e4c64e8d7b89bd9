"""What a worker does, inside a test's transaction, which the worker itself would end."""

from __future__ import annotations

from django_tasks_db.models import DBTaskResult

from records.services.jobs.job_runs import recover_jobs


def work() -> None:
    """Take up lost jobs, and run every task that waits."""
    recover_jobs()
    while (waiting := DBTaskResult.objects.ready().first()) is not None:
        result = waiting.task_result
        waiting.task.call(*result.args, **result.kwargs)
        waiting.delete()
