"""Taking back what an operation changed: at once where it is small, else by a worker."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from records.exceptions import Conflict, NotFound
from records.models import Job, LeftOut
from records.services.access import Author, because, check_writes
from records.services.database import rehearse
from records.services.undoing import (
    LeftView,
    Undoing,
    UndoMode,
    count_rows,
    find_undo,
    list_left,
    reasons_of,
    sight_of,
    undo_batch,
)

from .job_runs import INLINE, UNFINISHED, JobView, start_job
from .steps import Step, kinds

UNDO = "undo"
LISTED = 100  # of what was left, in the answer to the call


@dataclass(frozen=True, slots=True)
class UndoView:
    """An undo: its job, the operation that it is, and the first of what it has left."""

    job: JobView
    operation_id: UUID
    undoes: UUID
    mode: str
    dry_run: bool
    left: list[LeftView]


def start_undo(
    author: Author, operation: UUID, mode: UndoMode, *, dry_run: bool = False
) -> UndoView:
    """Take an operation back, as far as the author sees it and may change it.

    NotFound where nothing of it is in sight. Conflict while it is still being carried out, and
    where it has been undone, all of it, already. A dry run stores nothing of the records; where it
    runs at once, nothing at all.
    """
    check_writes(author)
    total = count_rows(sight_of(author), operation)
    if not total:
        raise NotFound
    _check_undoable(author, operation, total)
    author = because(author, f"Undo of operation {operation}")
    undoing = Undoing(operation, mode, dry_run)
    if dry_run and total <= INLINE:
        return rehearse(lambda _: _start(author, undoing, total))
    return _start(author, undoing, total)


def _start(author: Author, undoing: Undoing, total: int) -> UndoView:
    parameters = {
        "operation": str(undoing.operation),
        "mode": undoing.mode.value,
        "dry_run": undoing.dry_run,
    }
    job = start_job(
        author,
        UNDO,
        None,
        parameters,
        total,
        # A dry run undoes nothing.
        undoes=None if undoing.dry_run else undoing.operation,
    )
    _, left = list_left(author, author.operation_id, offset=0, limit=LISTED)
    return UndoView(
        job, author.operation_id, undoing.operation, undoing.mode, undoing.dry_run, left
    )


def _check_undoable(author: Author, operation: UUID, total: int) -> None:
    """Conflict for an operation that is under way, or undone."""
    jobs = Job.objects.filter(workspace_id=author.workspace.id)
    if jobs.filter(operation_id=operation, status__in=UNFINISHED).exists():
        raise Conflict("The operation is still being carried out; wait for its job to end.")
    if jobs.filter(undoes=operation, status__in=UNFINISHED).exists():
        raise Conflict("The operation is being undone already; wait for that job to end.")
    undo = find_undo(author.workspace.id, operation)
    if undo is None:
        return
    job = jobs.get(operation_id=undo)
    # What an earlier undo has left, or its caller did not see, can be undone still.
    if not job.result.get("left") and job.total >= total:
        raise Conflict(
            f"The operation has been undone by {undo}; to redo it, undo that.", "already_undone"
        )


def _undo(author: Author, job: Job) -> Step:
    asked = job.parameters
    undoing = Undoing(UUID(asked["operation"]), UndoMode(asked["mode"]), asked["dry_run"])
    undone = undo_batch(author, undoing, job.position)
    LeftOut.objects.bulk_create(
        LeftOut(
            workspace_id=job.workspace_id,
            job=job,
            object=left.object_id,
            record=left.record_id,
            field=left.field_id,
            code=left.code,
        )
        for left in undone.left
    )
    before = job.result
    counts = before.get("counts", {})
    result = {
        "undoes": asked["operation"],
        "mode": asked["mode"],
        "dry_run": asked["dry_run"],
        "records": before.get("records", 0) + undone.records,
        "left": before.get("left", 0) + len(undone.left),
        "counts": {
            action: counts.get(action, 0) + undone.counts[action]
            for action in {**counts, **undone.counts}
        },
    }
    failed = {left.record_id for left in undone.left}
    failures = reasons_of(job.workspace_id, undone.left)
    return Step(undone.position, max(0, undone.rows - len(failed)), failures, result)


kinds.register(UNDO, _undo)
