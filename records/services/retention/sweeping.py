"""Expiry: removing copies of values that are no longer needed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django_tasks_db.models import DBTaskResult

from records.models import (
    Attachment,
    DeliveryState,
    IdempotencyKey,
    ImportUpload,
    Job,
    LeftOut,
    RateCount,
    RefusedRow,
    WebhookDelivery,
    Workspace,
)
from records.services.storage import FREE_FILES

from .erased_copies import remove_later, remove_uploads

IMPORTS = ("import", "import_dry_run")  # the kinds of jobs that have uploads
BATCH = 500


def _workspaces() -> list[int]:
    """All workspaces: every statement on a tenant's table names the tenant."""
    return list(Workspace.objects.order_by("id").values_list("id", flat=True))


def sweep_answers(before: datetime) -> int:
    """Responses stored for an Idempotency-Key that are too old to be repeated."""
    keys = IdempotencyKey.objects.filter(created_at__lt=before)
    return sum(keys.filter(workspace_id=workspace).delete()[0] for workspace in _workspaces())


def sweep_deliveries(before: datetime) -> int:
    """Deliveries of webhooks that ended long ago; those that wait are kept."""
    ended = WebhookDelivery.objects.filter(created_at__lt=before).exclude(
        state=DeliveryState.PENDING
    )
    return sum(ended.filter(workspace_id=workspace).delete()[0] for workspace in _workspaces())


def sweep_uploads(before: datetime) -> int:
    """Uploaded files that no job has used since `before`; most of them were never imported."""
    removed = 0
    for workspace in _workspaces():
        for upload in ImportUpload.objects.filter(workspace_id=workspace, created_at__lt=before):
            with transaction.atomic():
                jobs = _jobs_of(workspace, upload.pk, upload.created_at)
                # A file can be imported several times; the time counts from the last one's end.
                if not any(finished_at is None or finished_at >= before for finished_at in jobs):
                    removed += remove_uploads(_upload(workspace, upload.pk))
    return removed


def sweep_free_files(before: datetime) -> int:
    """Files that were sent before `before` and became part of no record."""
    removed = 0
    for workspace in Workspace.objects.order_by("id"):
        folder = f"attachments/{workspace.uuid}/{FREE_FILES}/"
        free = Attachment.objects.filter(
            workspace=workspace, record=None, file__startswith=folder, created_at__lt=before
        )
        with transaction.atomic():
            names = list(free.select_for_update().values_list("id", "file"))
            free.filter(id__in=[key for key, _ in names]).delete()
            for _, name in names:
                remove_later(name)
        removed += len(names)
    return removed


def remove_unused_upload(workspace_id: int, upload_id: int) -> None:
    """Remove the file of an import that was cancelled before it began, unless another job is to
    import it."""
    upload = _upload(workspace_id, upload_id)
    created_at = upload.values_list("created_at", flat=True).first()
    # None among the ends is a job that still needs the file.
    if created_at is not None and None not in _jobs_of(workspace_id, upload_id, created_at):
        remove_uploads(upload)


def _upload(workspace_id: int, upload_id: int) -> QuerySet[ImportUpload]:
    return ImportUpload.objects.filter(workspace_id=workspace_id, id=upload_id)


def _jobs_of(workspace_id: int, upload_id: int, created_at: datetime) -> list[datetime | None]:
    """When each job that imports the file ended; None for unfinished ones."""
    jobs = Job.objects.filter(
        # A job cannot be older than its upload, which keeps the scan short.
        workspace_id=workspace_id,
        kind__in=IMPORTS,
        created_at__gte=created_at,
    )
    found = jobs.values_list("parameters", "finished_at")
    return [
        finished_at for parameters, finished_at in found if parameters.get("upload") == upload_id
    ]


def sweep_jobs(before: datetime) -> int:
    """What finished jobs hold about records: failures, samples and reports. The counts stay."""
    swept = 0
    for workspace in _workspaces():
        jobs = Job.objects.filter(workspace_id=workspace, finished_at__lt=before)
        swept += sum(_forget_details(job) for job in jobs.iterator(BATCH))
        left = LeftOut.objects.filter(workspace_id=workspace, job__finished_at__lt=before)
        swept += left.delete()[0]
    return swept


def _forget_details(job: Job) -> bool:
    left = {key: value for key, value in job.result.items() if key not in ("samples", "report")}
    # Swept before: most finished jobs, so no transaction for them.
    if (job.failures, job.parameters, job.result) == ([], {}, left):
        return False
    with transaction.atomic():
        if "report" in job.result:
            # The file goes only if the row that names it changes.
            remove_later(job.result["report"])
        rows = Job.objects.filter(workspace_id=job.workspace_id, id=job.pk)
        rows.update(failures=[], parameters={}, result=left)
    return True


def sweep_refused_rows(before: datetime) -> int:
    """Rows refused by imports that began before `before` and never finished."""
    rows = RefusedRow.objects.filter(run__started_at__lt=before)
    return sum(rows.filter(workspace_id=workspace).delete()[0] for workspace in _workspaces())


def sweep_tasks(before: datetime) -> int:
    """Finished tasks; failed ones have tracebacks, whose messages may quote values."""
    return DBTaskResult.objects.finished().filter(finished_at__lt=before).delete()[0]


def sweep_sessions(before: datetime) -> int:
    """Old sessions, which hold the choices of staff in lists and messages too long for a cookie."""
    age = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    # Sessions store when they end, not when they began.
    return Session.objects.filter(expire_date__lt=before + age).delete()[0]


def sweep_counts(before: datetime) -> int:
    """Counts of requests and failures whose time is over."""
    return RateCount.objects.filter(ends_at__lt=before.timestamp()).delete()[0]
