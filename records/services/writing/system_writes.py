"""Changes of records that no request asks for: they follow from what was removed elsewhere.

A field was deleted, or a record that others link to. Rights on the records do not apply then, nor
do the rules for values: callers get records as they are, in whatever state, and say what is left of
their values. Locks, ledger rows, index and names are those of every write.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.database import execute, in_ids
from records.services.storage import RecordRow, lock_records

from .locked_records import LockedRecords
from .unit_of_work import UnitOfWork


def rewrite_values(
    author: Author,
    schema: ObjectSchema,
    record_ids: Collection[int],
    rewrite: Callable[[RecordRow], dict[str, Any]],
    action: str = "",
) -> list[RecordRow]:
    """Give each of these records the values that `rewrite` makes of its own; the records that this
    changed. `action` is what the ledger calls it, where that is not an update.

    The caller holds the transaction. `author.reason` says in the ledger why the values changed.
    """
    work = UnitOfWork(author, LockedRecords(schema))
    rows = lock_records(schema, in_ids("r.id", record_ids))
    work.load_names(rows)
    changed = []
    for row in rows:
        values = rewrite(row)
        # An update without an effect leaves no trace, whatever it is called.
        named = action if action and values != row.values else "updated"
        if work.apply(row, values, named).action != "unchanged":
            changed.append(row)
    work.store()
    return changed


def remove_field(
    author: Author, schema: ObjectSchema, field_id: int, record_ids: Collection[int]
) -> int:
    """Take a deleted field's values out of these records; the number of records that had one.

    The caller holds the transaction.
    """
    changed = rewrite_values(author, schema, record_ids, lambda row: _without(row, str(field_id)))
    # The schema no longer has the field, so the rewrite leaves its index rows where they are.
    chosen, params = in_ids("record_id", record_ids)
    execute(
        f"DELETE FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s AND {chosen}",
        [schema.workspace_id, field_id, *params],
    )
    return len(changed)


def _without(row: RecordRow, key: str) -> dict[str, Any]:
    return {held: value for held, value in row.values.items() if held != key}
