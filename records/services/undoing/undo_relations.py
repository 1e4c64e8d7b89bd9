"""Which undo has taken an operation back."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from records.models import Job, JobStatus


def find_undo(workspace_id: int, operation: UUID) -> str | None:
    """The undo of an operation that is in effect."""
    return undone_by(workspace_id, [str(operation)]).get(str(operation))


def undone_by(workspace_id: int, operations: Iterable[str]) -> dict[str, str]:
    """For each of these operations the newest undo that has taken something back, and is not undone
    itself; a query for each time of going to and fro."""
    undos: dict[str, list[str]] = {}
    asked = set(operations)
    wanted = asked
    while wanted:
        jobs = Job.objects.filter(
            workspace_id=workspace_id, undoes__in=list(wanted), status=JobStatus.DONE
        ).order_by("-id")
        wanted = set()
        for undoes, operation, result in jobs.values_list("undoes", "operation_id", "result"):
            if result.get("records", 1):
                undos.setdefault(str(undoes), []).append(str(operation))
                wanted.add(str(operation))

    def in_effect(operation: str) -> str | None:
        return next((undo for undo in undos.get(operation, ()) if in_effect(undo) is None), None)

    found = {operation: in_effect(operation) for operation in asked}
    return {operation: undo for operation, undo in found.items() if undo is not None}
