"""What was merged into records, found by the ledger: its indexes lead from a survivor to its
merges, and from these to the others. Writes pay for no index of their own for it."""

from __future__ import annotations

from collections.abc import Collection

from records.services.catalogue import ObjectSchema
from records.services.database import fetch, in_ids

_LEDGER = "records_historicalrecord"


def find_merged(schema: ObjectSchema, survivors: Collection[int]) -> list[tuple[int, int]]:
    """(record, survivor) of what is merged into these records. One query; none for no records."""
    if not survivors:
        return []
    chosen, params = in_ids("h.id", survivors)
    rows = fetch(
        f"SELECT DISTINCT r.id, r.merged_into FROM {_LEDGER} h JOIN {_LEDGER} m"
        " ON m.workspace_id = h.workspace_id AND m.operation_id = h.operation_id"
        " AND m.object_id = h.object_id AND m.merged_into = h.id"
        " JOIN records_record r ON r.id = m.id AND r.merged_into = h.id"
        f" WHERE h.workspace_id = %s AND {chosen} AND h.action = 'merged' AND r.workspace_id = %s",
        [schema.workspace_id, *params, schema.workspace_id],
    )
    return [(key, survivor) for key, survivor in rows]
