"""Taking changes back: fields of a record to what they were, whole operations as if they had not
been.

`former_values` makes changes of values that records once had, `field_restoring` sets those of one
record. `operation_rows` reads the ledger by operation, `operation_list` and `operation_changes`
show what is there, and `daily_changes` how much. `effects` says what an operation did to each
record, `undo_plans` what takes it back, `undo_batches` carries that out, `unmerging` what goes with
a merge; `left_out` names what was left.

Called by: jobs, operations and the interfaces. It never writes but by the write path, and never
takes back what its caller may not change.
"""

from .daily_changes import COUNTED, DailyChanges, count_daily_changes
from .field_restoring import Then, restore_fields
from .former_values import is_kept_by_callers
from .left_out import LeftView, list_left, reasons_of
from .operation_changes import OperationChange, list_changes
from .operation_list import (
    OperationPage,
    OperationView,
    find_operation,
    list_operations,
)
from .operation_rows import count_rows, sight_of
from .operation_walk import OperationKind, SoughtOperations
from .undo_batches import undo_batch
from .undo_plans import UndoMode
from .undo_relations import find_undo
from .unmerging import Undoing

__all__ = [
    "COUNTED",
    "DailyChanges",
    "LeftView",
    "OperationChange",
    "OperationKind",
    "OperationPage",
    "OperationView",
    "SoughtOperations",
    "Then",
    "UndoMode",
    "Undoing",
    "count_daily_changes",
    "count_rows",
    "find_operation",
    "find_undo",
    "is_kept_by_callers",
    "list_changes",
    "list_left",
    "list_operations",
    "reasons_of",
    "restore_fields",
    "sight_of",
    "undo_batch",
]
