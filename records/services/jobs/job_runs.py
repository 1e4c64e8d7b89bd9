"""Starting jobs, running them batch after batch, and finding out about them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import Error, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from records.exceptions import Conflict, InvalidInput, NotFound, RecordsError, Unavailable
from records.models import Job, JobStatus, Source, new_uuid
from records.rehearsal import notes
from records.services.access import Author, check_writes, member_author
from records.services.catalogue import load_workspace
from records.services.database import in_one_transaction, refusal_of
from records.services.retention import remove_unused_upload
from records.services.storage import open_stored, refresh_statistics

from .steps import (
    Step,
    Stopped,
    kinds,
    long_kinds,
)
from .tasks import run_later

LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
INLINE = 100  # records that are worked on while the caller waits
MAX_RECORDS = 100_000
MAX_FAILURES = 1000
MAX_UNFINISHED = 100  # jobs of one workspace
REASON = "reason"
_stopping = threading.Event()
# How the documented API calls what is stored as done.
_TOLD = {JobStatus.DONE.value: "completed"}
STATUSES = tuple(_TOLD.get(status, status) for status in JobStatus.values)
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
    operation_id: str
    key: int  # the primary key

    @property
    def pending_count(self) -> int:
        """The number of records left to do; 0 once the job has ended."""
        left = self.total - self.success_count - self.failed_count
        return max(0, left) if self.status in UNFINISHED else 0


@dataclass(frozen=True, slots=True)
class SoughtJobs:
    """Which jobs to list: of an object (its UUID), of a kind, finished or not, started at or after
    a moment. Empty and None: whichever."""

    object_key: str = ""
    kind: str = ""
    finished: bool | None = None
    since: datetime | None = None

    def condition(self) -> Q:
        """The condition that such jobs meet."""
        found = Q()
        if self.object_key:
            try:
                found &= Q(object__uuid=UUID(self.object_key))
            except ValueError:
                raise InvalidInput("expected a UUID.", at="custom_object_id") from None
        if self.kind:
            found &= Q(kind=DOCUMENTED_KINDS.get(self.kind, self.kind))
        if self.finished is not None:
            found &= Q(finished_at__isnull=not self.finished)
        if self.since is not None:
            found &= Q(created_at__gte=self.since)
        return found


EVERY_JOB = SoughtJobs()
# What the documented API's clients call kinds of ours.
DOCUMENTED_KINDS = {"custom_object_upload": "import", "custom_object_archive": "bulk_archive"}


# ---------------------------------------------------------------- starting


def start_job(
    author: Author,
    kind: str,
    object_id: int | None,
    parameters: Mapping[str, Any],
    total: int,
    *,
    inline: bool | None = None,
    undoes: UUID | None = None,
    limited: bool = True,
    result: Mapping[str, Any] = MappingProxyType({}),
) -> JobView:
    """Start a job for its author: a small one is run at once, others by the workers, in the
    author's name.

    `result` is what the job tells from its beginning; its steps add to it.

    InvalidInput when the workspace has as many unfinished jobs as it may, if this one is `limited`.
    """
    check_writes(author)  # here: the job itself runs without the key's scopes
    jobs = Job.objects.filter(workspace_id=author.workspace.id)
    # Not locked: simultaneous requests can exceed it by a few, which does no harm.
    if limited and jobs.filter(status__in=UNFINISHED).count() >= MAX_UNFINISHED:
        raise InvalidInput(
            f"At most {MAX_UNFINISHED} jobs at a time; wait for one to finish.", "limit_exceeded"
        )
    at_once = total <= INLINE if inline is None else inline
    if (taken := notes()) is not None:
        taken.jobs.append((kind, total))
    # The task commits with the job: a worker never gets a job that does not exist.
    with transaction.atomic():
        job = Job.objects.create(
            workspace_id=author.workspace.id,
            object_id=object_id,
            member_id=author.member.id,
            source=author.source,
            api_key=author.api_key_id,
            request_id=author.request_id,
            operation_id=author.operation_id,
            undoes=undoes,
            kind=kind,
            # Until the job ends: its reason may name what the records hold.
            parameters={**parameters, **({REASON: author.reason} if author.reason else {})},
            result=dict(result),
            total=total,
            # No worker has it yet: recover_jobs queues it again after this time.
            leased_until=timezone.now() + LEASE,
        )
        if not at_once:
            run_later(job.pk)
    # After the transaction: the job's own batches commit one by one.
    if at_once:
        run_job(job.pk)
    return _view(jobs.select_related("object").get(id=job.pk))


# ---------------------------------------------------------------- running


def run_job(job_id: int) -> None:
    """Work on a job until it is done, cancelled or taken over by another worker. Finished batches
    stay stored, however this ends."""
    lease = new_uuid()
    # Finished, or taken by another worker: a recovered job can have two tasks.
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
        if steps > 1:  # after a small job the periodic refresh is enough
            refresh_statistics()
    # Temporary: the batch was rolled back, and another attempt may succeed.
    except (Conflict, Unavailable):
        _leave_to_others(job_id, lease)
        raise
    except RecordsError as error:
        _end(job_id, lease, JobStatus.FAILED, error.detail)
    except Exception as error:
        # The database is busy or away. That is no fault of the job, so it must not end as failed.
        if refusal := refusal_of(error):
            _leave_to_others(job_id, lease)
            raise refusal from error
        # The exception's text may quote values, so it goes to the log alone.
        _end(job_id, lease, JobStatus.FAILED, "The job failed because of an internal error.")
        raise


def stop_working() -> None:
    """Stop working: this process releases its job after the current batch."""
    _stopping.set()


def _run_long(job_id: int, lease: UUID) -> bool:
    """Do a job of a long kind, if it is one."""
    job = Job.objects.select_related("object").get(id=job_id)
    if job.kind not in long_kinds:
        return False

    def beat(done: int) -> None:
        # A worker told to end stops at a heartbeat; another one continues from what is stored.
        if _stopping.is_set() or not _extend(job_id, lease, done):
            raise Stopped("The job was stopped.")

    try:
        step = long_kinds.get(job.kind)(job_author(job), job, beat)
    except Stopped:
        _stop(job_id, lease)
        return True
    with transaction.atomic():
        row = Job.objects.select_for_update().get(id=job_id)
        # The lease ran out and another worker took over: that worker reports the result.
        if row.lease == lease:
            # Heartbeats have counted rows here; the step has the final number.
            row.success_count = 0
            _note(row, step)
            # The step lists only the first failures; the import counted all of them.
            row.failed_count = int((step.result or {}).get("failed", len(step.failures)))
            row.save(update_fields=["failed_count"])
            _finish(row, JobStatus.DONE)
    return True


def _extend(job_id: int, lease: UUID, done: int) -> bool:
    """Extend the lease of a job; false when another worker has taken it over, or it must stop."""
    mine = Job.objects.filter(id=job_id, lease=lease, cancel_asked=False)
    return bool(mine.update(leased_until=timezone.now() + LEASE, position=done, success_count=done))


@contextmanager
def kept(job: Job) -> Iterator[None]:
    """Keep a job for as long as the block is at work, though that stores nothing: from a thread of
    its own.

    On SQLite the thread has to wait for the block's transaction, but so does any worker that would
    take the job over.
    """
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(LEASE.total_seconds() / 4):
            # One missed renewal does no harm: three more fall within the lease.
            with suppress(Error):
                Job.objects.filter(id=job.pk, lease=job.lease).update(
                    leased_until=timezone.now() + LEASE
                )
        # Django closes connections at the end of requests, and this thread has none.
        connection.close()

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()


def _stop(job_id: int, lease: UUID) -> None:
    """End a job that was cancelled; leave one that was not to others."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(id=job_id)
        if job.lease == lease and job.cancel_asked:
            _finish(job, JobStatus.CANCELLED)
    _release(job_id, lease)


def _free(now: datetime) -> Q:
    return Q(lease=None) | Q(leased_until__lt=now)


def _take(job_id: int, lease: UUID) -> bool:
    """Whether the job was free, and now is ours."""
    now = timezone.now()
    # One conditional UPDATE decides between workers that take the job at the same moment.
    free = Job.objects.filter(_free(now), id=job_id, status__in=UNFINISHED)
    return bool(free.update(status=JobStatus.RUNNING, lease=lease, leased_until=now + LEASE))


def _release(job_id: int, lease: UUID) -> None:
    Job.objects.filter(id=job_id, lease=lease).update(lease=None, leased_until=timezone.now())


def _leave_to_others(job_id: int, lease: UUID) -> None:
    """Release a job that another worker can continue; while the database is away, its lease runs
    out instead."""
    with suppress(Error):
        _release(job_id, lease)


def _run_step(job_id: int, lease: UUID) -> bool:
    """Do one batch, and store that it is done with it; whether there is more to do."""

    def work() -> bool:
        job = Job.objects.select_for_update().get(id=job_id)
        # Taken over while this worker was stalled. The row lock prevents that until the commit.
        if job.lease != lease:
            return False
        if job.cancel_asked:
            _finish(job, JobStatus.CANCELLED)
            return False
        step = kinds.get(job.kind)(job_author(job), job)
        # In the transaction of the batch, so a killed worker loses or repeats nothing.
        _note(job, step)
        if step.position is None:
            _finish(job, JobStatus.DONE)
            return False
        return True

    return in_one_transaction(work)


def job_author(job: Job) -> Author:
    """The author of the job, with the rights they have now; NotFound when they are no active member
    any more."""
    # Rights are read again for each batch: a changed role takes effect at once.
    author = member_author(
        load_workspace(job.workspace_id), job.member_id, Source(job.source), job.request_id
    )
    if not author.member.is_active:
        raise NotFound("The member who started the job is no longer active.")
    return replace(
        author,
        api_key_id=job.api_key,
        operation_id=job.operation_id,
        # Jobs of earlier releases have none.
        reason=job.parameters.get(REASON, ""),
    )


def _note(job: Job, step: Step) -> None:
    job.position = job.position if step.position is None else step.position
    job.success_count += step.succeeded
    job.failed_count += len(step.failures)
    job.failures = [*job.failures, *step.failures][:MAX_FAILURES]
    job.result = {**job.result, **(step.result or {})}
    job.leased_until = timezone.now() + LEASE
    job.save(
        update_fields=[
            "position",
            "success_count",
            "failed_count",
            "failures",
            "result",
            "leased_until",
        ]
    )


def _finish(job: Job, status: JobStatus) -> None:
    job.status, job.finished_at, job.leased_until, job.lease = status, timezone.now(), None, None
    job.parameters = _kept_parameters(job)
    job.save(update_fields=["status", "finished_at", "leased_until", "lease", "parameters"])
    _let_go_of_upload(job)


def _let_go_of_upload(job: Job) -> None:
    """The file of an import that was cancelled before it began goes at once."""
    # An import that has begun can be started again from its file, and continues where it stopped.
    if job.status == JobStatus.CANCELLED and not job.position and "upload" in job.parameters:
        remove_unused_upload(job.workspace_id, job.parameters["upload"])


def _kept_parameters(job: Job) -> dict[str, Any]:
    """The parameters that an ended job keeps; those of bulk work go, since they name records and
    values that may be erased."""
    if job.kind in kinds:
        return {}
    return {name: value for name, value in job.parameters.items() if name != REASON}


def _end(job_id: int, lease: UUID, status: JobStatus, detail: str) -> None:
    """Stop a job that cannot continue, and store why."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(id=job_id)
        if job.lease == lease:
            # First in the list, where a full list of failures cannot push it out.
            job.failures = [{"code": "job_failed", "detail": detail}, *job.failures][:MAX_FAILURES]
            job.save(update_fields=["failures"])
            _finish(job, status)


def recover_jobs() -> int:
    """Queue again the jobs whose lease has run out; the number of them.

    Their workers were killed. A job that merely waits long for its turn gets a second task, which
    finds nothing to do.
    """
    now = timezone.now()
    lost = Job.objects.filter(status__in=UNFINISHED, leased_until__lt=now)
    found = list(lost.values_list("id", flat=True)[:100])
    for job_id in found:
        with transaction.atomic():
            # The condition is tested again: several processes recover jobs, and one task is enough.
            if lost.filter(id=job_id).update(lease=None, leased_until=now + LEASE):
                run_later(job_id)
    return len(found)


# ---------------------------------------------------------------- watching


def list_jobs(
    author: Author, sought: SoughtJobs = EVERY_JOB, *, offset: int = 0, limit: int = 100
) -> tuple[int, list[JobView]]:
    """How many of the sought jobs the author can see, and some of them, newest first; admins see
    all of them."""
    rows = _visible(author).filter(sought.condition())
    return rows.count(), [_view(row) for row in rows.order_by("-id")[offset : offset + limit]]


def get_job(author: Author, job: str | int) -> JobView:
    """One of the author's jobs, by UUID or primary key; NotFound for any other, except for
    admins."""
    return _view(find_job(author, job))


def find_job(author: Author, job: str | int) -> Job:
    """The row of one of the author's jobs, by UUID or primary key; NotFound for any other, except
    for admins."""
    named = {"id": job} if isinstance(job, int) else {"uuid": job}
    row = _visible(author).filter(**named).first()
    if row is None:
        raise NotFound
    return row


def open_report(author: Author, job: str | int) -> File[bytes]:
    """The report of the rows that one of the author's imports refused; NotFound where there is
    none."""
    name = find_job(author, job).result.get("report")
    file = open_stored(name) if name else None
    if file is None:
        raise NotFound
    return file


def _visible(author: Author) -> QuerySet[Job]:
    rows = Job.objects.filter(workspace_id=author.workspace.id).select_related("object")
    # A job's parameters and failures show records that other members may not see.
    return rows if author.role.is_admin else rows.filter(member_id=author.member.id)


def cancel_job(author: Author, job: str | int) -> JobView:
    """Ask a job to stop after the batch it is at; what it has done stays. InvalidInput when it has
    ended."""
    row = find_job(author, job)
    unfinished = Job.objects.filter(
        workspace_id=author.workspace.id, id=row.pk, status__in=UNFINISHED
    )
    # Set before looking for a lease: a worker that takes the job in between sees it.
    if not unfinished.update(cancel_asked=True):
        raise InvalidInput("The job has already ended.")
    # No worker has it, so it ends now.
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
            # The UPDATE did not change this copy, and the next line reads it.
            row.status = JobStatus.CANCELLED
            _let_go_of_upload(row)
    return _view(find_job(author, job))


def _view(row: Job) -> JobView:
    return JobView(
        str(row.uuid),
        row.kind,
        str(row.object.uuid) if row.object is not None else None,
        _TOLD.get(row.status, row.status),
        row.total,
        row.success_count,
        row.failed_count,
        row.failures,
        row.result,
        row.cancel_asked,
        row.created_at,
        row.finished_at,
        str(row.operation_id),
        row.pk,
    )
