"""The register of every store that can hold a record's value: what it is for, and how values are
removed from it.

Permanent deletion of a record calls each store's `erase`, in the same transaction. `erase` cannot
find copies in another notation, or without a reference to their record: `sweep` removes these once
they are older than `after`, and `orphans` removes files that nothing refers to. The worker sweeps
every hour, and `purge_trash` whenever it runs. `clear_orphan_files` looks for orphans. One test
plants a value in each store; another fails for any table or folder that is not listed here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from records.services.database import clear_log, execute, is_postgresql

from . import erased_copies, orphans, sweeping
from .erased_copies import Erased

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Store:
    """A place that holds values. Together the stores cover all tables and all `folders` of the file
    storage."""

    name: str
    holds: str
    tables: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    erase: Callable[[Erased], None] | None = None
    sweep: Callable[[datetime], int] | None = None
    orphans: Callable[[datetime], int] | None = None
    after: timedelta = timedelta(0)


def _clear_log_later(erased: Erased) -> None:
    # The log can only be emptied outside of a transaction.
    transaction.on_commit(clear_log, robust=True)


def _sweep_log(before: datetime) -> int:
    clear_log(LOG_PATIENCE)
    return 0


def _refresh_statistics(before: datetime) -> int:
    """Replace PostgreSQL's samples of values; for tables of another owner it only logs a
    warning."""
    # ANALYZE in a transaction keeps its locks until the end.
    if is_postgresql() and not connection.in_atomic_block:
        execute(
            f"ANALYZE {', '.join(sorted({table for store in STORES for table in store.tables}))}"
        )
    return 0


LOG_PATIENCE = 1000  # milliseconds
ANSWERS_KEPT = timedelta(hours=24)  # as long as an Idempotency-Key is remembered
ORPHANS_KEPT = timedelta(hours=24)
FREE_FILES_KEPT = timedelta(hours=24)
UPLOADS_KEPT = timedelta(hours=24)
REPORTS_KEPT = timedelta(days=30)
TASKS_KEPT = timedelta(hours=24)

STORES = (
    Store(
        "records",
        "The record, its index, its stage times, its ledger and what stands beside it. The trash "
        "is emptied by `purge_trash`.",
        tables=(
            "records_record",
            "records_fieldvalue",
            "records_stagetime",
            "records_historicalrecord",
            "records_activity",
            "records_address",
            "records_leadsource",
            "records_recordmember",
            "records_movedcompanion",
        ),
        after=timedelta(days=settings.TRASH_DAYS),
    ),
    Store(
        "files",
        "Files of records; they go with the record.",
        tables=("records_attachment",),
        folders=("attachments",),
        orphans=orphans.clear_attachment_orphans,
        after=ORPHANS_KEPT,
    ),
    Store(
        "free files",
        "Files that were sent before their record was known, until one has them.",
        tables=("records_attachment",),
        folders=("attachments",),
        sweep=sweeping.sweep_free_files,
        after=FREE_FILES_KEPT,
    ),
    Store(
        "answers",
        "Answers to calls with an Idempotency-Key, to be given again.",
        tables=("records_idempotencykey",),
        erase=erased_copies.forget_answers,
        sweep=sweeping.sweep_answers,
        after=ANSWERS_KEPT,
    ),
    Store(
        "uploads",
        "Files to import and their first rows, until a day after their last import has ended.",
        tables=("records_importupload",),
        folders=("imports",),
        erase=erased_copies.forget_uploads,
        sweep=sweeping.sweep_uploads,
        orphans=orphans.clear_import_orphans,
        after=UPLOADS_KEPT,
    ),
    Store(
        "refused rows",
        "What an import under way has refused, until its report is made.",
        tables=("records_refusedrow",),
        erase=erased_copies.forget_refused_rows,
        sweep=sweeping.sweep_refused_rows,
        after=REPORTS_KEPT,
    ),
    Store(
        "imports",
        "What jobs that import say of refused rows, their reports, and the samples of dry runs.",
        tables=("records_job",),
        folders=("imports",),
        erase=erased_copies.forget_imports,
        sweep=sweeping.sweep_jobs,
        after=REPORTS_KEPT,
    ),
    Store(
        "jobs",
        "What other jobs were asked, and which records refused it. Their parameters go when "
        "they end.",
        tables=("records_job",),
        erase=erased_copies.forget_failures,
        sweep=sweeping.sweep_jobs,
        after=REPORTS_KEPT,
    ),
    Store(
        "command reports",
        "Reports of `import_records`, wherever the command was told to write them. They are "
        "the operator's to remove.",
        tables=("records_importrun",),
        erase=erased_copies.forget_command_reports,
    ),
    Store(
        "tasks",
        "Tracebacks of jobs that failed, whose messages may quote values.",
        tables=("django_tasks_database_dbtaskresult",),
        sweep=sweeping.sweep_tasks,
        after=TASKS_KEPT,
    ),
    Store(
        "webhook deliveries",
        "Which changes were told to whom, by their ids: what was sent is made from the ledger.",
        tables=("records_webhookdelivery",),
        sweep=sweeping.sweep_deliveries,
        after=timedelta(days=settings.WEBHOOK_LOG_DAYS),
    ),
    Store(
        "sessions",
        "What staff chose in lists, and messages that fit no cookie.",
        tables=("django_session",),
        sweep=sweeping.sweep_sessions,
        after=timedelta(seconds=settings.SESSION_COOKIE_AGE),
    ),
    Store(
        "counts for limits",
        "How many requests, wrong keys and wrong passwords came from whom, under digests.",
        tables=("records_ratecount",),
        sweep=sweeping.sweep_counts,
    ),
    Store(
        "log of SQLite",
        "The write-ahead log: pages as they were before. Emptied after each deletion unless "
        "a reader holds it.",
        erase=_clear_log_later,
        sweep=_sweep_log,
    ),
    Store(
        "statistics of PostgreSQL",
        "The planner's samples of what columns hold.",
        sweep=_refresh_statistics,
    ),
)

# Tables with texts or documents that are not copies of values: why each is not in a store.
OTHER_TABLES = {
    "records_leftout": "which fields an undo has left, by their ids; `sweep_jobs` removes them",
    "records_importpart": "counts of cells by the headers of a file, which go with the import",
    "records_workerbeat": "which workers live",
    "records_feedepoch": "which history the database has",
    "django_admin_log": "staff's changes of definitions, people and keys; record pages leave none",
    "django_content_type": "names of models",
    "auth_permission": "names of permissions",
    "auth_group": "names of groups",
    "auth_user": "people who log in",
    "records_workspace": "definitions",
    "records_role": "definitions",
    "records_historicalrole": "definitions",
    "records_member": "people",
    "records_historicalmember": "people",
    "records_historicalobjectpermission": "definitions",
    "records_historicalfieldpermission": "definitions",
    "records_apikey": "keys",
    "records_objecttype": "definitions",
    "records_historicalobjecttype": "definitions",
    "records_fieldcategory": "definitions",
    "records_historicalfieldcategory": "definitions",
    "records_field": "definitions",
    "records_historicalfield": "definitions",
    "records_fieldoption": "definitions: an option belongs to all records that may choose it",
    "records_historicalfieldoption": "definitions",
    "records_externalsource": "definitions",
    "records_historicalexternalsource": "definitions",
    "records_externalcall": "calls about records that live elsewhere: their ids there, and no "
    "values",
    "records_savedview": "definitions: what their owners filter by is written by them",
    "records_historicalsavedview": "definitions",
    "records_historicalviewdefault": "definitions",
    "records_layout": "definitions",
    "records_historicallayout": "definitions",
    "records_webhook": "definitions",
    "records_historicalwebhook": "definitions",
    "records_emailsuppression": "addresses that must not be written to, which outlive the record "
    "on purpose",
}


def erase_copies(erased: Erased) -> None:
    """Remove every copy of what records held. Called inside the transaction that removes them."""
    for store in STORES:
        if store.erase is not None:
            store.erase(erased)


def sweep_stores(now: datetime | None = None) -> dict[str, int]:
    """Remove what is older than each store keeps; the number by store. A failing store does not
    stop the others."""
    moment = now or timezone.now()
    swept = {}
    for store in STORES:
        if store.sweep is None:
            continue
        try:
            swept[store.name] = store.sweep(moment - store.after)
        # Logged for the operator; the next sweep tries again.
        except (DatabaseError, OSError):
            _log.exception("The store of %s could not be swept", store.name)
    return swept


def clear_orphans(before: datetime) -> int:
    """Remove stored bytes that nothing refers to, older than a moment; the number of them."""
    return sum(store.orphans(before) for store in STORES if store.orphans is not None)
