"""Work on many records at once: started, run in batches by workers, watched and stopped.

A kind of job is a module here that registers its steps. A job records its progress.
If its worker is killed, another worker continues from there.

Called by: operations, the interfaces and the worker command. It never writes values itself: its
steps call `writing` and `importing`.
"""

import sys

from records.registry import import_modules

from .beats import beat, examine_workers, forget_beats
from .bulk_jobs import Resolution, start_bulk_archive, start_bulk_change
from .clearing import removal_reasons, remove_type_field, start_clearing
from .import_jobs import IMPORT, TRIAL, find_plan, start_import
from .job_runs import (
    MAX_RECORDS,
    MAX_UNFINISHED,
    STATUSES,
    JobView,
    SoughtJobs,
    cancel_job,
    get_job,
    list_jobs,
    open_report,
    recover_jobs,
    stop_working,
)
from .undo_jobs import UndoView, start_undo

import_modules(sys.modules[__name__])  # every kind of job is registered

__all__ = [
    "IMPORT",
    "MAX_RECORDS",
    "MAX_UNFINISHED",
    "STATUSES",
    "TRIAL",
    "JobView",
    "Resolution",
    "SoughtJobs",
    "UndoView",
    "beat",
    "cancel_job",
    "examine_workers",
    "find_plan",
    "forget_beats",
    "get_job",
    "list_jobs",
    "open_report",
    "recover_jobs",
    "removal_reasons",
    "remove_type_field",
    "start_bulk_archive",
    "start_bulk_change",
    "start_clearing",
    "start_import",
    "start_undo",
    "stop_working",
]
