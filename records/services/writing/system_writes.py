"""Changes of records that no request asks for: they follow from what was removed or changed
elsewhere.

A field was deleted, a record that others link to, or a member has another name. Rights on the
records do not apply then, nor do the rules for values: callers get records as they are, in whatever
state, and say what is left of their values. Locks, ledger rows, index and names are those of every
write.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from records.field_types import Surroundings
from records.services.access import Author
from records.services.catalogue import MemberSpec, ObjectSchema, surroundings_of
from records.services.database import execute, in_ids
from records.services.storage import RecordRow, lock_records

from .locked_records import LockedRecords
from .unit_of_work import UnitOfWork
from .value_rules import derive, set_computed


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
    return _rewrite(author, schema, record_ids, lambda row, _: rewrite(row), action)


def _rewrite(
    author: Author,
    schema: ObjectSchema,
    record_ids: Collection[int],
    rewrite: Callable[[RecordRow, Surroundings], dict[str, Any]],
    action: str = "",
) -> list[RecordRow]:
    work = UnitOfWork(author, LockedRecords(schema))
    rows = lock_records(schema, in_ids("r.id", record_ids))
    work.load_names(rows)
    now = work.now.astimezone(author.workspace.zone)
    members = _members(author, schema, rows)
    changed = []
    for row in rows:
        around = surroundings_of(members.get(row.member_id or 0), now)
        values = rewrite(row, around)
        if values != row.values:
            derive(schema, row, values, around)
        # An update without an effect leaves no trace, whatever it is called.
        named = action if action and values != row.values else "updated"
        if work.apply(row, values, named).action != "unchanged":
            changed.append(row)
    work.store()
    return changed


def _members(
    author: Author, schema: ObjectSchema, rows: Iterable[RecordRow]
) -> Mapping[int, MemberSpec]:
    """The members that expressions look at."""
    if not schema.reads_member:
        return {}
    return author.directory.members(row.member_id for row in rows if row.member_id is not None)


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


def recompute_told(
    author: Author, schema: ObjectSchema, record_ids: Collection[int]
) -> list[RecordRow]:
    """Compute the formulas of these records that read their member again; the records that this
    changed. The caller holds the transaction."""

    def recomputed(row: RecordRow, around: Surroundings) -> dict[str, Any]:
        values = dict(row.values)
        for spec in schema.told_of_member:
            set_computed(schema, spec, values, around)
        return values

    return _rewrite(author, schema, record_ids, recomputed)


def _without(row: RecordRow, key: str) -> dict[str, Any]:
    return {held: value for held, value in row.values.items() if held != key}
