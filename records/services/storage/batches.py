"""Storing batches of records, their index rows, stage times and ledger rows: one statement per
table and batch.

Only the write path calls this. On PostgreSQL the rows of a statement are one JSON parameter: its
text, and with it the prepared plan, is the same for any number of rows. From fifty rows on they go
through COPY. On SQLite they go through `executemany`.
"""

from __future__ import annotations

from records.rehearsal import notes
from records.services.database import execute_together, is_postgresql

from .index import (
    delete_index,
    index_insertion,
    insert_index,
    replace_index,
    set_live,
)
from .ledger import LEDGER, ledger_row
from .postgres_copy import FROM as COPY_FROM
from .postgres_copy import copy_index
from .records import (
    give_keys,
    insert_records,
    record_insertion,
    record_update,
    update_records,
)
from .rows import (
    Changes,
    IndexRow,
    Stamp,
    index_rows,
)
from .stage_times import insert_moved, moved, moved_insertion
from .statistics import refresh_after, refresh_outdated_statistics, refresh_statistics
from .tables import give_up, insert, insertion

__all__ = [
    "refresh_after",
    "refresh_outdated_statistics",
    "refresh_statistics",
    "replace_index",
    "store",
]


def store(stamp: Stamp, changes: Changes) -> None:
    """Write a batch: records, index rows, ledger rows. The caller holds the transaction and the
    locks."""
    if len(changes.ledger) > 1:  # in a batch, another record may take what this one gives up
        give_up(stamp, "records_record", "id", "identifier", changes.unnamed)
        give_up(stamp, "records_record", "id", "external_id", changes.unaddressed)
    # Their other index rows are not written again, so nothing else clears these keys.
    give_up(stamp, "records_fieldvalue", "record_id", "unique_key", changes.released)
    copied = is_postgresql() and len(changes.ledger) >= COPY_FROM
    # A change of state needs its statements in a fixed order, and COPY is no part of a statement.
    if is_postgresql() and not copied and not changes.live_changed:
        _store_together(stamp, changes)
    else:
        _store_in_turn(stamp, changes, copied=copied)
    if (taken := notes()) is not None:
        taken.note_records(stamp.object_id, changes.ledger)


def _store_in_turn(stamp: Stamp, changes: Changes, *, copied: bool) -> None:
    """A batch, table by table; `copied`: its index rows go through COPY."""
    if changes.updated:  # first: a new record may take the identifier that an archived one gives up
        update_records(stamp, list(changes.updated.values()))
    if changes.created:
        give_keys(changes.created, changes.spare_key)
        insert_records(stamp, changes.created)
    unindexed = _replaced(changes) if copied else changes.unindexed
    if unindexed:
        delete_index(stamp, unindexed)
    # Before the new rows: another record may take the partner of one that is archived.
    set_live(stamp, changes, live=False)
    if copied:
        copy_index(stamp.workspace_id, changes)
    elif rows := _index_rows(changes):
        insert_index(stamp.workspace_id, rows, replace=bool(changes.updated))
    set_live(stamp, changes, live=True)
    if times := moved(stamp, changes):
        insert_moved(times, replace=bool(changes.updated))
    if changes.ledger:
        insert(LEDGER, [ledger_row(stamp, entry) for entry in changes.ledger])


def _store_together(stamp: Stamp, changes: Changes) -> None:
    """A small batch on PostgreSQL: statements that need not wait for each other are combined to
    save round trips."""
    statements = []
    # Not combined with the insertion: parts of one statement do not see each other's deletions.
    if changes.unindexed:
        delete_index(stamp, changes.unindexed)
    if changes.updated:
        statements.append(record_update(stamp, list(changes.updated.values())))
    if changes.created:
        # Before the new records: one may take the identifier that an archived record gives up.
        execute_together(statements)
        give_keys(changes.created, changes.spare_key)
        statements = [record_insertion(stamp, changes.created)]
    if rows := _index_rows(changes):
        statements.append(index_insertion(stamp.workspace_id, rows, replace=bool(changes.updated)))
    if times := moved(stamp, changes):
        statements.append(moved_insertion(times, replace=bool(changes.updated)))
    if changes.ledger:
        statements.append(insertion(LEDGER, [ledger_row(stamp, entry) for entry in changes.ledger]))
    execute_together(statements)


def _replaced(changes: Changes) -> dict[int, set[int]]:
    """The fields of each record whose rows are deleted first, because COPY cannot overwrite
    them."""
    fields = changes.unindexed
    for spec, records in changes.index.items():
        for record in records.values():
            if record.id in changes.updated:
                fields.setdefault(record.id, set()).add(spec.id)
    return fields


def _index_rows(changes: Changes) -> list[IndexRow]:
    return [
        row
        for spec, records in changes.index.items()
        for record in records.values()
        for row in index_rows(record, spec, unique=spec in changes.unique)
    ]
