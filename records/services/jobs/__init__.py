"""Work on many records at once: asked for, run in batches, watched and stopped."""

import sys

from records.registry import import_modules

from .beats import Workers, beat, examine_workers, forget_beats
from .running import (
    MAX_RECORDS,
    STATUSES,
    JobView,
    cancel_job,
    get_job,
    list_jobs,
    open_report,
    recover_jobs,
    run_job,
    start_job,
    stop_working,
)
from .steps import Step, kinds

import_modules(sys.modules[__name__])

from .clearing import start_clearing  # noqa: E402 - registers a kind, as the modules above

__all__ = [
    "MAX_RECORDS",
    "STATUSES",
    "JobView",
    "Step",
    "Workers",
    "beat",
    "cancel_job",
    "examine_workers",
    "forget_beats",
    "get_job",
    "kinds",
    "list_jobs",
    "open_report",
    "recover_jobs",
    "run_job",
    "start_clearing",
    "start_job",
    "stop_working",
]
