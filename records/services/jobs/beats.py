"""Signs of life of the workers, for those who look after an installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from records.models import Job, JobStatus, WorkerBeat

KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers are alive, when one last was, and how many jobs wait that no worker has
    taken for a while."""

    alive: int
    last_seen: datetime | None
    waiting: int


def beat(name: str) -> None:
    """Note that this worker is alive; one statement."""
    WorkerBeat.objects.bulk_create(
        [WorkerBeat(name=name, beaten_at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["beaten_at"],
    )


def forget_beats(name: str) -> None:
    """Note that this worker has ended, and forget those that ended long ago without saying so."""
    WorkerBeat.objects.filter(Q(name=name) | Q(beaten_at__lt=Now() - KEPT)).delete()


def examine_workers() -> Workers:
    """Look for signs of life: of an idle worker its beat, of one at work also the lease that it
    keeps extending."""
    silent = timedelta(seconds=2 * settings.JOB_LEASE_SECONDS)
    at_work = Job.objects.filter(
        status=JobStatus.RUNNING, lease__isnull=False, leased_until__gte=Now()
    )
    beating = WorkerBeat.objects.filter(beaten_at__gte=Now() - silent)
    # recover_jobs renews an expired lease, so one that stays expired has no worker to do it.
    waiting = Job.objects.filter(finished_at=None, leased_until__lt=Now() - silent)
    return Workers(
        # The larger, not the sum: a worker that has just taken a job has both signs.
        alive=max(beating.count(), at_work.count()),
        last_seen=WorkerBeat.objects.order_by("-beaten_at")
        .values_list("beaten_at", flat=True)
        .first(),
        waiting=waiting.count(),
    )
