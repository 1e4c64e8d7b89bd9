"""Signs of life of workers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from records.models import WorkerBeat
from records.services.jobs.beats import (
    KEPT,
    beat,
    examine_workers,
    forget_beats,
)


@pytest.mark.django_db
def test_a_worker_is_alive_while_it_beats() -> None:
    assert (examine_workers().alive, examine_workers().last_seen) == (0, None)
    for name in ("a", "a", "b"):
        beat(name)
    assert examine_workers().alive == 2

    silent = timezone.now() - timedelta(seconds=2 * settings.JOB_LEASE_SECONDS + 5)
    WorkerBeat.objects.filter(name="a").update(beaten_at=silent)
    assert examine_workers().alive == 1


@pytest.mark.django_db
def test_workers_that_ended_are_forgotten() -> None:
    for name in ("a", "b", "old"):
        beat(name)
    WorkerBeat.objects.filter(name="old").update(
        beaten_at=timezone.now() - KEPT - timedelta(minutes=1)
    )

    forget_beats("a")

    assert list(WorkerBeat.objects.values_list("name", flat=True)) == ["b"]
