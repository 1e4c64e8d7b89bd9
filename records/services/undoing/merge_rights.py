"""Who may take a merge back, or do it again: who could merge the records themselves."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from records.services.access import Author, access_to
from records.services.catalogue import ObjectSchema
from records.services.database import fetch, fetch_column, in_ids, uuid_param
from records.services.storage import RecordRow, load_records

from .effects import Effect
from .operation_rows import LEDGER


def out_of_reach(
    author: Author,
    schema: ObjectSchema,
    operation: UUID,
    effects: Mapping[int, Effect],
    turning: Mapping[int, int],
    held: Mapping[int, RecordRow],
) -> set[int]:
    """The records of merges that the caller may not turn: survivors, and what was merged into them.

    `turning` has the survivor of each record that is about to come back, or to be merged again. A
    merge is turned as a whole: it takes the right to edit its survivor and to remove every other,
    also of those that are out of the caller's sight.
    """
    merges: dict[int, set[int]] = {}
    for key, survivor in turning.items():
        merges.setdefault(survivor, set()).add(key)
    known = [key for key, effect in effects.items() if not effect.created]
    for key, survivor in _turned_by(schema, operation, known):
        merges.setdefault(survivor, set()).add(key)
    missing = {*merges, *(key for keys in merges.values() for key in keys)} - held.keys()
    rows = dict(held)
    if missing:
        rows |= {row.id: row for row in load_records(schema, in_ids("r.id", missing))}
    refused: set[int] = set()
    for survivor, keys in merges.items():
        others = {key for key in keys if key in turning or key not in effects}
        if not _may(author, schema, rows.get(survivor), "edit") or not all(
            _may(author, schema, rows.get(key), "remove") for key in others
        ):
            refused |= {survivor, *others}
    return refused


def _may(author: Author, schema: ObjectSchema, row: RecordRow | None, right: str) -> bool:
    """A record that is gone for good is in nobody's way."""
    if row is None:
        return True
    access = access_to(author, schema, row.values, row.member_id)
    return access.view and bool(getattr(access, right))


def _turned_by(schema: ObjectSchema, operation: UUID, records: list[int]) -> list[tuple[int, int]]:
    """(record, survivor) of what an operation merged into these, or took back out of them, seen by
    the caller or not."""
    survivors = _ever_merged_into(schema, records)
    if not survivors:
        return []  # before all rows of the operation are read, of which there may be a great many
    merged, params = in_ids("h.merged_into", survivors)
    before, more = in_ids("b.merged_into", survivors)
    rows = fetch(
        "SELECT DISTINCT h.id, coalesce(h.merged_into, b.merged_into)"
        f" FROM {LEDGER} h LEFT JOIN {LEDGER} b ON b.workspace_id = h.workspace_id"
        " AND b.id = h.id AND b.version = h.version - 1 AND b.merged_into IS NOT NULL"
        " WHERE h.workspace_id = %s AND h.operation_id = %s AND h.object_id = %s"
        f" AND h.action IN ('archived', 'unarchived') AND ({merged} OR"
        f" (h.merged_into IS NULL AND {before}))",
        [schema.workspace_id, uuid_param(operation), schema.id, *params, *more],
    )
    return [(key, survivor) for key, survivor in rows]


def _ever_merged_into(schema: ObjectSchema, records: list[int]) -> list[int]:
    """Those of these records that others were merged into, at any time."""
    if not records:
        return []
    chosen, params = in_ids("h.id", records)
    return fetch_column(
        f"SELECT DISTINCT h.id FROM {LEDGER} h WHERE h.workspace_id = %s AND {chosen}"
        " AND h.action = 'merged'",
        [schema.workspace_id, *params],
    )
