"""Operations of callers, undoing them, and all that records are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from records.models import Record, new_uuid
from records.services.access.author import Author
from records.services.database.transactions import in_one_transaction
from records.services.undoing.undo_batches import Undone, undo_batch
from records.services.undoing.undo_plans import UndoMode
from records.services.undoing.unmerging import Undoing
from tests.factories import Caller


@dataclass(frozen=True)
class OneOperation(Caller):
    """A caller who does everything in one operation."""

    operation: UUID = field(default_factory=new_uuid)

    @property
    def author(self) -> Author:
        return replace(super().author, operation_id=self.operation)


def anew(caller: Caller) -> OneOperation:
    return OneOperation(caller.workspace, caller.member, caller.secret)


def state(caller: Caller) -> dict[str, Any]:
    """All that records are, but for versions and times."""
    return {
        str(row.uuid): (
            row.values,
            row.identifier,
            row.display_name,
            row.external_id,
            row.member_id,
            row.owner_id,
            row.state,
            row.cancelled_at is not None,
        )
        for row in Record.objects.filter(workspace_id=caller.workspace.pk)
    }


def undo(
    caller: Caller, operation: UUID, mode: UndoMode = UndoMode.SAFE, *, dry_run: bool = False
) -> tuple[Undone, UUID]:
    """What undoing an operation did, and the operation that this was."""
    doing = anew(caller)
    undoing = Undoing(operation, mode, dry_run)
    undone = in_one_transaction(lambda: undo_batch(doing.author, undoing, 0))
    assert undone.position is None
    return undone, doing.operation
