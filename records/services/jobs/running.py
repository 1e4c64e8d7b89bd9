"""Starting jobs, running them batch after batch, and finding out about them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import Error, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from records.exceptions import Conflict, InvalidInput, NotFound, RecordsError, Unavailable
from records.models import Job, JobStatus, Source, new_uuid
from records.services.access import Author, member_author
from records.services.directory import load_workspace
from records.services.faults import refusal_of
from records.services.storage import refresh_statistics
from records.services.sweeping import remove_unused_upload
from records.services.transactions import in_one_transaction

from .steps import Step, Stopped, kinds, long_kinds
from .tasks import run_later

LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
INLINE = 100  # records that are worked on while the caller waits
MAX_RECORDS = 100_000
MAX_FAILURES = 1000
MAX_UNFINISHED = 100  # jobs of one workspace
_stopping = threading.Event()
STATUSES = tuple(JobStatus.values)
UNFINISHED = (JobStatus.PENDING, JobStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as its workspace sees it."""

    uuid: str
    kind: str
    object_uuid: str | None
    status: str
    total: int
    success_count: int
    failed_count: int
    failures: list[dict[str, Any]]
    result: Mapping[str, Any]
    cancel_asked: bool
    created: datetime
    finished: datetime | None

    @property
    def pending_count(self) -> int:
        """What is still to do; nothing, once the job has ended."""
        left = self.total - self.success_count - self.failed_count
        return max(0, left) if self.status in UNFINISHED else 0


# ---------------------------------------------------------------- starting


def start_job(
    author: Author, kind: str, object_id: int, parameters: Mapping[str, Any], total: int, *, inline: bool | None = None
) -> JobView:
    """Start a job for its author: a small one is run at once, others by the workers, in the author's name.

    InvalidInput when the workspace has as many unfinished jobs as it may.
    """
    jobs = Job.objects.filter(workspace_id=author.workspace.id)
    if jobs.filter(status__in=UNFINISHED).count() >= MAX_UNFINISHED:
        raise InvalidInput(f"At most {MAX_UNFINISHED} jobs at a time; wait for some to end.", "limit_exceeded")
    at_once = total <= INLINE if inline is None else inline
    with transaction.atomic():
        job = Job.objects.create(
            workspace_id=author.workspace.id,
            object_id=object_id,
            member_id=author.member.id,
            source=author.source,
            api_key=author.api_key_id,
            request_id=author.request_id,
            operation_id=author.operation_id,
            kind=kind,
            parameters=dict(parameters),
            total=total,
            leased_until=timezone.now() + LEASE,
        )
        if not at_once:
            run_later(job.pk)
    if at_once:
        run_job(job.pk)
    return _view(jobs.select_related("object").get(id=job.pk))


# ---------------------------------------------------------------- running


def run_job(job_id: int) -> None:
    """Work on a job until it is done, cancelled or somebody else's; what was done stays done whenever this ends."""
    lease = new_uuid()
    if not _take(job_id, lease):
        return
    try:
        if _run_long(job_id, lease):
            return
        steps = 1
        while _run_step(job_id, lease):
            if _stopping.is_set():
                _release(job_id, lease)
                return
            steps += 1
        if steps > 1:  # a small job is left to whoever looks after the statistics
            refresh_statistics()
    except (Conflict, Unavailable):
        _leave_to_others(job_id, lease)
        raise
    except RecordsError as error:
        _end(job_id, lease, JobStatus.FAILED, error.detail)
    except Exception as error:
        if refusal := refusal_of(error):
            _leave_to_others(job_id, lease)
            raise refusal from error
        _end(job_id, lease, JobStatus.FAILED, "The job failed because of an internal error.")
        raise


def stop_working() -> None:
    """This process is to end: the job it works on is left to others after the batch it is at."""
    _stopping.set()


def _run_long(job_id: int, lease: UUID) -> bool:
    """Do a job of a long kind, if it is one."""
    job = Job.objects.select_related("object").get(id=job_id)
    if job.kind not in long_kinds:
        return False

    def beat(done: int) -> None:
        if _stopping.is_set() or not _extend(job_id, lease, done):
            raise Stopped("The job was stopped.")

    try:
        step = long_kinds.get(job.kind)(job_author(job), job, beat)
    except Stopped:
        _stop(job_id, lease)
        return True
    with transaction.atomic():
        row = Job.objects.select_for_update(of=("self",)).get(id=job_id)
        if row.lease == lease:
            row.success_count = 0
            _note(row, step)
            row.failed_count = int((step.result or {}).get("failed", len(step.failures)))
            row.save(update_fields=["failed_count"])
            _finish(row, JobStatus.DONE)
    return True


def _extend(job_id: int, lease: UUID, done: int) -> bool:
    """Keep a job for another while; false when it is somebody else's by now, or is to be stopped."""
    mine = Job.objects.filter(id=job_id, lease=lease, cancel_asked=False)
    return bool(mine.update(leased_until=timezone.now() + LEASE, position=done, success_count=done))


def _stop(job_id: int, lease: UUID) -> None:
    """End a job that was cancelled; leave one that was not to others."""
    with transaction.atomic():
        job = Job.objects.select_for_update(of=("self",)).get(id=job_id)
        if job.lease == lease and job.cancel_asked:
            _finish(job, JobStatus.CANCELLED)
    _release(job_id, lease)


def _free(now: datetime) -> Q:
    return Q(lease=None) | Q(leased_until__lt=now)


def _take(job_id: int, lease: UUID) -> bool:
    """Whether the job was free, and now is ours."""
    now = timezone.now()
    free = Job.objects.filter(_free(now), id=job_id, status__in=UNFINISHED)
    return bool(free.update(status=JobStatus.RUNNING, lease=lease, leased_until=now + LEASE))


def _release(job_id: int, lease: UUID) -> None:
    Job.objects.filter(id=job_id, lease=lease).update(lease=None, leased_until=timezone.now())


def _leave_to_others(job_id: int, lease: UUID) -> None:
    """Release a job that a worker can go on with; while the database is away, its lease runs out instead."""
    with suppress(Error):
        _release(job_id, lease)


def _run_step(job_id: int, lease: UUID) -> bool:
    """Do one batch, and store that it is done with it; whether there is more to do."""

    def work() -> bool:
        job = Job.objects.select_for_update(of=("self",)).get(id=job_id)
        if job.lease != lease:
            return False
        if job.cancel_asked:
            _finish(job, JobStatus.CANCELLED)
            return False
        step = kinds.get(job.kind)(job_author(job), job)
        _note(job, step)
        if step.position is None:
            _finish(job, JobStatus.DONE)
            return False
        return True

    return in_one_transaction(work)


def job_author(job: Job) -> Author:
    """The author of the job, with the rights they have now; NotFound when they are no active member any more."""
    author = member_author(load_workspace(job.workspace_id), job.member_id, Source(job.source), job.request_id)
    if not author.member.is_active:
        raise NotFound("The member who asked for the job is not active any more.")
    return replace(author, api_key_id=job.api_key, operation_id=job.operation_id)


def _note(job: Job, step: Step) -> None:
    job.position = job.position if step.position is None else step.position
    job.success_count += step.succeeded
    job.failed_count += len(step.failures)
    job.failures = [*job.failures, *step.failures][:MAX_FAILURES]
    job.result = {**job.result, **(step.result or {})}
    job.leased_until = timezone.now() + LEASE
    job.save(update_fields=["position", "success_count", "failed_count", "failures", "result", "leased_until"])


def _finish(job: Job, status: JobStatus) -> None:
    job.status, job.finished_at, job.leased_until, job.lease = status, timezone.now(), None, None
    job.parameters = _kept_parameters(job)
    job.save(update_fields=["status", "finished_at", "leased_until", "lease", "parameters"])
    _let_go_of_upload(job)


def _let_go_of_upload(job: Job) -> None:
    """The file of an import that was cancelled before it began goes at once."""
    if job.status == JobStatus.CANCELLED and not job.position and "upload" in job.parameters:
        remove_unused_upload(job.workspace_id, job.parameters["upload"])


def _kept_parameters(job: Job) -> dict[str, Any]:
    """What is kept of an ended job's parameters: those of bulk work name records and values that may be erased."""
    return {} if job.kind in kinds else job.parameters


def _end(job_id: int, lease: UUID, status: JobStatus, detail: str) -> None:
    """Stop a job that cannot go on, and say why."""
    with transaction.atomic():
        job = Job.objects.select_for_update(of=("self",)).get(id=job_id)
        if job.lease == lease:
            job.failures = [{"code": "job_failed", "detail": detail}, *job.failures][:MAX_FAILURES]
            job.save(update_fields=["failures"])
            _finish(job, status)


def recover_jobs() -> int:
    """Hand the jobs that nobody has worked on for a lease's time to the workers again; the number of them.

    Their workers were killed. A job that merely waits long for its turn gets a second task, which finds nothing to do.
    """
    now = timezone.now()
    lost = Job.objects.filter(status__in=UNFINISHED, leased_until__lt=now)
    found = list(lost.values_list("id", flat=True)[:100])
    for job_id in found:
        with transaction.atomic():
            if lost.filter(id=job_id).update(lease=None, leased_until=now + LEASE):
                run_later(job_id)
    return len(found)


# ---------------------------------------------------------------- watching


def list_jobs(author: Author, *, offset: int = 0, limit: int = 100) -> tuple[int, list[JobView]]:
    """How many jobs the author can see, and some of them, newest first; admins see everybody's."""
    rows = _visible(author)
    return rows.count(), [_view(row) for row in rows.order_by("-id")[offset : offset + limit]]


def get_job(author: Author, job_uuid: str) -> JobView:
    """One of the author's jobs; NotFound for any other, except for admins."""
    return _view(find_job(author, job_uuid))


def find_job(author: Author, job_uuid: str) -> Job:
    """The row of one of the author's jobs; NotFound for any other, except for admins."""
    row = _visible(author).filter(uuid=job_uuid).first()
    if row is None:
        raise NotFound
    return row


def open_report(author: Author, job_uuid: str) -> File[bytes]:
    """The report of the rows that one of the author's imports refused; NotFound where there is none."""
    name = find_job(author, job_uuid).result.get("report")
    if not name or not default_storage.exists(name):
        raise NotFound
    return default_storage.open(name, "rb")


def _visible(author: Author) -> QuerySet[Job]:
    rows = Job.objects.filter(workspace_id=author.workspace.id).select_related("object")
    return rows if author.role.is_admin else rows.filter(member_id=author.member.id)


def cancel_job(author: Author, job_uuid: str) -> JobView:
    """Ask a job to stop after the batch it is at; what it has done stays. InvalidInput when it has ended."""
    row = find_job(author, job_uuid)
    unfinished = Job.objects.filter(workspace_id=author.workspace.id, id=row.pk, status__in=UNFINISHED)
    if not unfinished.update(cancel_asked=True):
        raise InvalidInput("The job has ended already.")
    # Nobody is at work on it: it ends here and now.
    idle = unfinished.filter(_free(timezone.now()))
    with transaction.atomic():
        ended = idle.update(
            status=JobStatus.CANCELLED,
            finished_at=timezone.now(),
            lease=None,
            leased_until=None,
            parameters=_kept_parameters(row),
        )
        if ended:
            row.status = JobStatus.CANCELLED
            _let_go_of_upload(row)
    return _view(find_job(author, job_uuid))


def _view(row: Job) -> JobView:
    return JobView(
        str(row.uuid),
        row.kind,
        str(row.object.uuid) if row.object is not None else None,
        row.status,
        row.total,
        row.success_count,
        row.failed_count,
        row.failures,
        row.result,
        row.cancel_asked,
        row.created_at,
        row.finished_at,
    )
